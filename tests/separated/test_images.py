"""The images of apps/images over three nodes, from the REC and from a script inside the APP, where nothing of the REC is.

Programs are named by their paths in the image, which no node has: natively they cannot be found.
"""
import re
import shlex

import nodescase
from nodescase import MPI, RIGHT_SIZE

NO_REC = "for each in podman prte pxrec srun; do ! command -v $each || exit 3; done\n"
EP = "/usr/local/bin/ep"
GROMACS = "/usr/bin/gmx_mpi mdrun -s /usr/local/share/water/water.tpr -ntomp 1"
# The versions in the library that the program loads.
ITS_MPI = f"grep -aoE '[45][.][01][.][0-9]+' $(ldd {MPI} | grep -o '/[^ ]*libmpi.so.40') | sort -u"
# What could come from the batch script or the REC.
SEEN = "sh -c 'echo \"$SLURM_PROCID|$SECRET|$LD_LIBRARY_PATH|$PATH\"'"
PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Applications:
    """What is asked of both kinds of nodes; `run` takes an image, a command line of a shell, and gives its Done."""

    def test_mpi(self):
        self.check_mpi("k8s-mpi", b"5.0")

    def test_an_older_mpi(self):
        """Open MPI 4.1 of Debian 12, with OpenPMIx 4.2.2, under a runtime with OpenPMIx 5.0.7."""
        self.check_mpi("k8s-mpi4", b"4.1")

    def check_mpi(self, image, version):
        done = self.run_there(image, f"pxlaunch -N 2 sh -c {shlex.quote(f'{ITS_MPI}; exec {MPI}')}")
        self.assertEqual(done.out.count(RIGHT_SIZE), 1, done)
        self.assertRegex(done.out, rb"(?m)^%b[.][0-9]+$" % re.escape(version), done)

    def test_ep(self):
        done = self.run_there("nas", f"pxlaunch -N 2 {EP} A")
        self.assertTrue(done.out.startswith(b"EP class A: 2^28 pairs on 6 processes\n"), done)
        self.assertTrue(done.out.endswith(b"\nVerification: SUCCESSFUL\n"), done)

    def test_gromacs(self):
        done = self.run_there("gromacs", f"pxlaunch -N 2 {GROMACS}")
        self.assertIn(b"Using 6 MPI processes", done.err, done)
        self.assertRegex(done.err, rb"Performance: +[0-9.]+ +[0-9.]+")


class FromTheRec(Applications, nodescase.NodesCase):  # ctest: serial timeout=180
    def run_there(self, image, command):
        return self.expect(0, ["--image", image, *shlex.split(command)[1:]], timeout=90)


class _Scripts(nodescase.NodesCase):
    """pxrec run: the site's file says which nodes there are, and a DVM is started for the script."""

    DVM = False

    def setUp(self):
        super().setUp()
        self.may_leave_files = True

    def script(self, image, text, *options, **more):
        (self.home / "job.sh").write_text(f"#!/bin/sh\n{text}\n")
        (self.home / "job.sh").chmod(0o755)
        # What this lab needs, where all nodes share the cores of one machine.
        mpi = [word for name in self.env if name.startswith("OMPI_") for word in ("-x", name)]
        return self.start_program(["pxrec", "run", "--image", image, *mpi, *options, "--", "./job.sh"], **more)


class FromTheApp(Applications, _Scripts):  # ctest: serial timeout=240
    def run_there(self, image, command):
        done = self.script(image, NO_REC + command).finish(90)
        self.assertEqual(done.code, 0, done)
        return done


class Script(_Scripts):  # ctest: serial timeout=180
    def test_environment_goes_by_origin(self):
        """What the script sets reaches every rank; what the REC has, none."""
        (self.home / "env.sh").write_text("export MINE='a b;\n*' PATH=/mine:$PATH LD_LIBRARY_PATH=/mine/lib\n")
        done = self.script("k8s-mpi", ". ./env.sh\npxlaunch -N 1 sh -c 'echo \"$MINE|$PATH|$LD_LIBRARY_PATH|$SECRET|$GIVEN\"'",
                           "-x", "GIVEN", env={"SECRET": "s", "LD_LIBRARY_PATH": "/rec", "GIVEN": "g"}).finish(60)
        self.assertEqual((done.code, done.err), (0, b""), done)
        path = b"/mine:/.pxlaunch:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self.assertEqual(done.out, b"a b;\n*|%s|/mine/lib||g\n" % path * 3)

    def test_other_images(self):
        done = self.script("k8s-mpi", "pxlaunch -N 1 --image k8s-static /bin/end_with 0\n"
                           "pxlaunch -N 1 --no-container sh -c 'command -v podman'").finish(60)
        self.assertEqual((done.code, done.out.count(b"/usr/bin/podman\n")), (0, 3), done)

    def test_the_status_of_a_rank(self):
        done = self.script("k8s-mpi", "pxlaunch -N 1 end_with 0,0,7").finish(60)
        self.assertEqual(done.code, 7, done)

    def test_whoever_is_killed(self):
        for victim, code in (("pxrec", -9), ("pxlaunch", 137), ("job.sh", 137)):
            with self.subTest(victim):
                running = self.script("k8s-mpi", "pxlaunch -N 1 sh -c 'echo in; exec sleep 600'")
                running.wait_for(b"in\n", count=3, timeout=40)
                self.inside("n1", victim)[0].kill()
                self.assertEqual(running.finish(30).code, code)
                self.check_clean()
