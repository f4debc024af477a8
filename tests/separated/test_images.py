"""The images of apps/images over three nodes, from the REC and from a script inside the APP, where nothing of the REC is."""
import nodescase
from nodescase import RIGHT_SIZE

NO_REC = "for each in podman prte pxrec srun; do ! command -v $each || exit 3; done\n"
GROMACS = ["gmx_mpi", "mdrun", "-s", "/usr/local/share/water/water.tpr", "-ntomp", "1"]


class Applications:
    """What is asked of both kinds of nodes; `run` takes an image, a command line of a shell, and gives its Done."""

    def test_mpi(self):
        done = self.run_there("k8s-mpi", "pxlaunch -N 2 init_finalize")
        self.assertTrue(done.out.startswith(RIGHT_SIZE), done)

    def test_an_older_mpi(self):
        """Open MPI 4.1 of Debian 12, with OpenPMIx 4.2.2, under a runtime with OpenPMIx 5.0.7."""
        done = self.run_there("k8s-mpi4", "pxlaunch -N 2 init_finalize")
        self.assertTrue(done.out.startswith(RIGHT_SIZE), done)

    def test_ep(self):
        done = self.run_there("nas", "pxlaunch -N 2 ep A")
        self.assertTrue(done.out.startswith(b"EP class A: 2^28 pairs on 6 processes\n"), done)
        self.assertTrue(done.out.endswith(b"\nVerification: SUCCESSFUL\n"), done)

    def test_gromacs(self):
        done = self.run_there("gromacs", f"pxlaunch -N 2 {' '.join(GROMACS)}")
        self.assertIn(b"Using 6 MPI processes", done.err, done)
        self.assertRegex(done.err, rb"Performance: +[0-9.]+ +[0-9.]+")


class FromTheRec(Applications, nodescase.NodesCase):  # ctest: serial timeout=180
    def run_there(self, image, command):
        return self.expect(0, command.replace("pxlaunch", f"--image {image}", 1).split())


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
