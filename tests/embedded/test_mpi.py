"""Real MPI programs, of whatever Open MPI and MPICH this machine has."""
import re
import shutil
import subprocess

import hpcc
import pxtest

def open_mpi_version():
    """The first number of Open MPI's version, or 0."""
    program = shutil.which("mpirun.openmpi") or shutil.which("mpirun")
    if program is None:
        return 0
    text = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True,
                          check=False).stdout
    found = re.search(r"Open MPI\) (\d+)", text)
    return int(found.group(1)) if found else 0


class OpenMpi(pxtest.Case):  # ctest: timeout=120
    def test_size(self):
        program = pxtest.program("init_finalize")
        done = self.expect(0, ["-n", "4", "--oversubscribe", program], timeout=60)
        self.assertIn(b"4 processes, up to 4 per node, 1 node\n", done.out)
        self.assertEqual(done.err, b"")

    def test_one(self):
        done = self.expect(0, [pxtest.program("init_finalize")])
        self.assertIn(b"1 processes, up to 1 per node, 1 node\n", done.out)

    def test_two_applications_are_one_world(self):
        program = pxtest.program("init_finalize")
        done = self.expect(0, ["-n", "1", program, ":", "-n", "2", program])
        self.assertIn(b"3 processes", done.out)

    def test_abort(self):
        program = pxtest.program("abort")
        for rank in ("0", "2"):
            done = self.expect(3, ["-n", "3", "--oversubscribe", program, "3", rank])
            self.assertIn(b"rank %s" % rank.encode(), done.err)

    def test_a_rank_that_dies_in_the_job(self):
        script = f"[ $PXLAUNCH_RANK = 1 ] && kill -9 $$; exec {pxtest.program('init_finalize')}"
        self.expect(137, ["-n", "2", "sh", "-c", script])

    def test_on_a_server_that_stays(self):
        program = pxtest.program("init_finalize")
        self.assertEqual(self.rec(["up"]).code, 0)
        for _ in range(3):
            done = self.expect(0, ["-n", "2", "--oversubscribe", program])
            self.assertIn(b"2 processes", done.out)
        self.assertEqual(self.rec(["down"]).code, 0)


class Spawn(pxtest.Case):  # ctest: timeout=120
    """MPI_Comm_spawn. Open MPI 4.1's way crashed a PMIx 4.2.2 server: it works or is refused."""

    def test_two_children(self):
        done = self.launch(["-n", "1", "--oversubscribe", pxtest.program("spawn"), "2"],
                           timeout=60)
        if open_mpi_version() < 5 and done.code != 0:
            self.assertNotIn(b"lost", done.err)
            self.assertIn(b"pxlaunch: hint: ", done.err)
            return
        self.assertEqual(done.code, 0, done)
        self.assertEqual(sorted(done.out.splitlines()),
                         [b"child 1 of 3, sum 3", b"child 2 of 3, sum 3", b"parent 0 of 3, sum 3"])


class Hpcc(pxtest.Case):  # ctest: serial timeout=300
    def test_completes_and_passes(self):
        command = shutil.which("hpcc")
        if command is None:
            self.skipTest("hpcc is not installed")
        (self.home / "hpccinf.txt").write_text(hpcc.text(2, 2))
        self.expect(0, ["-n", "4", "--oversubscribe", command], timeout=240)
        report = (self.home / "hpccoutf.txt").read_text()
        self.assertRegex(report, r"\|\|Ax-b\|\|.*PASSED")
        self.assertIn("Success=1", report)


class Mpich(pxtest.Case):
    """Debian's MPICH cannot wire up here: that is an error, not four programs of size one."""

    def test_refused_with_a_hint(self):
        program = pxtest.program("init_finalize_mpich")
        done = self.launch(["-n", "4", "--oversubscribe", program], timeout=60)
        self.assertNotIn(b"1 processes", done.out)
        if b"unsupported PMI version PMIx" in done.err:  # MPICH 5 says it itself
            return self.assertNotEqual(done.code, 0)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"MPICH", done.err)
        self.assertIn(b"pxlaunch: hint: ", done.err)
