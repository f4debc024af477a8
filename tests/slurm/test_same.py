"""One script, byte for byte the same, wherever it runs: in a Slurm job by srun, by a DVM, away from all of Slurm's files, on
nodes with ssh, and on one node with nothing."""
import pxlab
import pxslurm

SCRIPT = "#!/bin/bash\npxlaunch -N 2 init_finalize\n"
THREE_NODES = b"6 processes, up to 2 per node, 3 nodes\n"
AWAY = f"{pxslurm.GO_AWAY} env -C $PWD"
APART = f"{pxslurm.GO_APART} env -C $PWD"
# The job's first step.
RANKS = {"JobName": "init_finalize", "NTasks": "6"}
DAEMONS = {"JobName": "prted", "NTasks": "2"}


class _SameCase(pxslurm.SlurmCase):
    def setUp(self):
        super().setUp()
        self.may_leave_files = True  # a server is there for two seconds more
        (self.home / "same.sh").write_text(SCRIPT)
        (self.home / "same.sh").chmod(0o755)

    def check(self, start, step, env=None):
        """The accounting tells which way it went."""
        batch = self.sbatch(["-N3", "-n6"], f"{start} ./same.sh\n", env=env)
        done = batch.finish(60)
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertIn(THREE_NODES, done.out)
        self.assertEqual({name: self.steps(batch.id)["0"][name] for name in step}, step)


class ByDvm(_SameCase):  # ctest: serial timeout=120
    AWAY = pxslurm.PRRTE_AWAY or True

    def test_by_a_dvm(self):
        self.check("exec", DAEMONS, {"PXLAUNCH_REC": "prrte:" + self.prrte()})

    def test_away_from_slurm(self):
        self.check(f"pxrec run --rec prrte:{self.prrte()} -- {AWAY}", DAEMONS)

    def test_without_prrte(self):
        done = self.sbatch(["-N3", "-n6"], "./same.sh\n", env={"PXLAUNCH_REC": "prrte:/opt/none"}).finish(60)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"no program '/opt/none/bin/prte'", done.err)


class InSlurm(_SameCase):  # ctest: serial timeout=180
    AWAY = True

    def test_by_srun(self):
        self.check("exec", RANKS)

    def test_away_from_slurm(self):
        """No srun, no munge, no slurm.conf."""
        self.check(f"pxrec run -- {AWAY}", RANKS)

    def test_away_from_all_but_the_network(self):
        self.check(f"pxrec run -- {APART}", RANKS)

    def test_with_nothing(self):
        done = self.start_program(["./same.sh"], node="n1").finish(30)
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertIn(b"2 processes, up to 2 per node, 1 node\n", done.out)


class BySsh(pxlab.LabCase):  # ctest: serial timeout=60 not22
    """The nodes of a hostfile."""

    KIND = "prrte"
    DVM = False

    def test_by_ssh(self):
        (self.home / "same.sh").write_text(SCRIPT)
        (self.home / "same.sh").chmod(0o755)
        (self.home / "hosts").write_text("n1 slots=2\nn2 slots=2\nn3 slots=2\n")
        self.may_leave_files = True
        done = self.start_program(["./same.sh"], env={
            "PXLAUNCH_HOSTFILE": "hosts", "PXLAUNCH_REC": "prrte:/usr"}).finish(60)
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertIn(THREE_NODES, done.out)
        self.check_clean(8)  # the DVM rests for 2 s before it ends
