"""Nodes whose cores have two threads each, by what Slurm says: this machine need not have such cores, nor a login node."""
import pxslurm

# Each rank: its node, OMP_NUM_THREADS and the CPUs that it is bound to.
SEEN = "sh -c 'echo $(hostname) $OMP_NUM_THREADS $(taskset -cp $$ | sed s/.*:.//)'"
ASKED = ["-N2", "--ntasks-per-node=2", "-c", "2"]
PLACES = [b"n1 1 0", b"n1 1 1", b"n2 1 0", b"n2 1 1"]


class Threads(pxslurm.SlurmCase):  # ctest: serial timeout=120
    CPUS = "1x2x2"

    def setUp(self):
        super().setUp()
        self.may_leave_files = True

    def right(self, done, lines):
        self.assertEqual((done.code, done.err, sorted(done.out.splitlines())), (0, b"", lines), done)

    def test_ranks_and_cores_as_asked(self):
        """Two of Slurm's CPUs are one core; also for who finds the server that the first has started."""
        self.right(self.sbatch(ASKED, f"pxlaunch {SEEN}\npxlaunch {SEEN}\n").finish(60), sorted(PLACES * 2))

    def test_under_pxrec_run(self):
        self.right(self.sbatch(ASKED, f"pxrec run -- pxlaunch {SEEN}\n").finish(60), PLACES)

    def test_from_the_head(self):
        (self.home / "job.sh").write_text(f"pxlaunch {SEEN}\n")
        self.right(self.salloc(ASKED, ["sh", "job.sh"]).finish(60), PLACES)

    def test_explained(self):
        done = self.sbatch(ASKED, "pxlaunch --explain true\n").finish(60)
        for text in (b"4 cores (SLURM_JOB_CPUS_PER_NODE=4(x2), 2 hardware threads a core)",
                     b"cpus per rank: 1: SLURM_CPUS_PER_TASK=2, 2 hardware threads a core"):
            self.assertIn(text, done.out, done)

    def test_in_a_step(self):
        """What the job was asked for counts, and not what srun has overwritten."""
        (self.home / "step.sh").write_text(f"pxlaunch {SEEN}\n")
        self.right(self.sbatch(ASKED, "srun -N1 -n1 --overlap sh step.sh\n").finish(60), PLACES)
        (self.home / "step.sh").write_text("pxlaunch --explain true; pxlaunch hostname\n")
        done = self.sbatch(ASKED, "srun -N1 -n1 -c4 --overlap sh step.sh\n").finish(60)
        self.assertIn(b"SLURM_CPUS_PER_TASK=4 may be this step's, and is not taken", done.out, done)
        self.assertNotIn(b"cpus per rank:", done.out)
        self.assertEqual(sorted(done.out.splitlines()[-4:]), [b"n1", b"n1", b"n2", b"n2"], done)
