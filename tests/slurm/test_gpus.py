"""GPUs in a Slurm job: pxrec sees those of its own node, here of a machine in a file; of nodes unlike it they are not known."""
import pxslurm

SEEN = "sh -c 'echo $(hostname) $CUDA_VISIBLE_DEVICES'"


class Gpus(pxslurm.SlurmCase):  # ctest: serial timeout=120 not22
    CPUS = "1x8x1"  # as that machine

    def setUp(self):
        super().setUp()
        self.may_leave_files = True
        self.env["HWLOC_XMLFILE"] = "/src/tests/unit/data/four_gpus.xml"

    def right(self, options, script, lines):
        done = self.sbatch(options, script).finish(60)
        self.assertEqual((done.code, done.err, sorted(done.out.splitlines())), (0, b"", lines), done)

    def refused(self, done, what, hint):
        self.assertEqual((done.code, done.err.decode().splitlines()), (125, [
            f"pxlaunch: error: -g: the GPUs of {what} are not known: pxrec sees those of its own node, and takes nodes "
            "with as many cores to have the same", f"pxlaunch: hint: {hint}"]), done)

    def test_on_one_node(self):
        """By the server of the allocation, which a job without GPUs has started."""
        self.right(["-N1", "--exclusive"], f"pxlaunch -n 1 true; pxlaunch -n 2 -g 2 {SEEN}\n", [b"n1 0,1", b"n1 2,3"])

    def test_over_two_nodes(self):
        self.right(["-N2", "--exclusive"], f"pxlaunch -n 1 true; pxlaunch -N 4 -g 1 {SEEN}\n",
                   [b"%s %d" % (node, gpu) for node in (b"n1", b"n2") for gpu in range(4)])

    def test_nodes_that_are_not_alike(self):
        script = (f"export SLURM_JOB_CPUS_PER_NODE=8,4\npxlaunch -n 4 -g 1 {SEEN} | sort >known\n"
                  "pxlaunch -n 6 -g 1 true; code=$?; cat known; exit $code\n")
        done = self.sbatch(["-N2", "--exclusive"], script).finish(60)
        self.assertEqual(done.out, b"n1 0\nn1 1\nn1 2\nn1 3\n")
        self.refused(done, "n2", "use --host n1, or leave out -g")

    def test_from_the_head(self):
        done = self.salloc(["-N2", "--exclusive"], ["pxlaunch", "-n", "2", "-g", "1", "true"]).finish(60)
        self.refused(done, "n1,n2", "start the job from a node of the allocation, or leave out -g")
