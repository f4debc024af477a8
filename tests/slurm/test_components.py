"""A heterogeneous job: as with srun, its first component is what is used; who starts the server says so."""
import pxslurm


class Components(pxslurm.SlurmCase):  # ctest: serial timeout=240 not22
    CPUS = "1x2x1"

    def test_it_is_said_once(self):
        done = self.sbatch(["-N2", "-n2", ":", "-N1", "-n1"], "pxlaunch hostname; pxlaunch hostname\n").finish(90)
        self.assertEqual((done.code, sorted(done.out.splitlines())), (0, [b"n1", b"n1", b"n2", b"n2"]), done)
        self.assertRegex(done.err, rb"\Apxlaunch: Slurm job \d+ has 2 components: processes run on the first, as with srun "
                                   rb"\(SLURM_HET_SIZE\)\n\Z")

    def test_under_pxrec_run(self):
        done = self.sbatch(["-N1", "-n1", ":", "-N1", "-n1"], "pxrec run -- pxlaunch hostname\n").finish(90)
        self.assertEqual((done.code, done.out), (0, b"n1\n"), done)
        self.assertRegex(done.err, rb"\Apxrec: Slurm job \d+ has 2 components: [^\n]+\n\Z")
