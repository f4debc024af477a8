"""pxlaunch --image: whole jobs, on pxrec's own server, whose ranks are in one container, or in none."""
import os
import shutil
import signal

import claims
import pxcontainer
import pxtest

SHELL = ("--image", "px-busybox", "sh", "-c")


class Joined(claims.JoinedPodman, pxcontainer.ContainerCase):  # ctest: serial timeout=120
    pass


class _Outside(pxcontainer.ContainerCase):
    """Without a container ranks have the whole environment, and no more and no fewer rights than the user."""

    hidden, no_new_privileges = b"s", "0"

    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{pxtest.BIN}:/usr/bin:/bin"  # each of them this user's to search
        self.env["PXLAUNCH_IMAGE"] = self.env["PXWRAP_IMAGE"] = "px-none"
        self.shell = os.path.realpath(shutil.which("readlink"))

    def is_empty(self):
        return self.containers() == []


class Wrapped(_Outside, claims.Neighbours):  # ctest: serial
    not_found = (127, b"pxwrap: error: cannot execute 'nothing'")

    def asked(self, *command):
        return ["--no-container", pxtest.program("pxwrap"), "--no-container", "--", *command]


class NoEngine(_Outside, claims.Neighbours):  # ctest: serial
    not_found = (127, b"pxlaunch: error: no program 'nothing' in the search path")

    def asked(self, *command):
        return ["--engine", "none", *command]


class Launch(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    def test_mpi(self):
        """The image has an Open MPI and no launcher; the program comes with the directory."""
        shutil.copy(pxtest.program("init_finalize"), self.work)
        done = self.expect(0, ["-n", "4", "--image", "px-mpi", "./init_finalize"])
        self.assertEqual(done.err, b"", done)
        self.assertTrue(done.out.startswith(b"4 processes, up to 4 per node, 1 node\n"), done)
        for name in ("mpirun", "prterun", "orted", "srun", "pxlaunch", "pxrec"):
            self.expect(1, ["--image", "px-mpi", "sh", "-c", f"command -v {name} >/dev/null || exit 1"])

    def test_by_another_launcher(self):
        """mpirun of Open MPI 4.1 starts pxwrap, and the image has the same release or 5.0: one job of four."""
        shutil.copy(pxtest.program("init_finalize"), self.work)
        mpirun = [shutil.which("mpirun.openmpi"), "-n", "4", "--oversubscribe", pxtest.program("pxwrap")]
        for image in ("px-mpi", "px-mpi5"):
            with self.subTest(image):
                done = self.start_program([*mpirun, "--image", image, "./init_finalize"]).finish()
                self.assertEqual((done.code, done.err), (0, b""), done)
                self.assertTrue(done.out.startswith(b"4 processes, up to 4 per node, 1 node\n"), done)

    def test_ranks_that_nobody_has_prepared(self):
        """As PRRTE's or Slurm's own commands start them: an Open MPI 4.1 in the image learns from pxwrap that it has a job."""
        shutil.copy(pxtest.program("init_finalize"), self.work)
        done = self.expect(0, ["-n", "4", "--oversubscribe", "env", "-u", "OMPI_MCA_schizo", pxtest.program("pxwrap"),
                               "--image", "px-mpi", "./init_finalize"])
        self.assertTrue(done.out.startswith(b"4 processes, up to 4 per node, 1 node\n"), done)

    def test_environment_by_origin(self):
        given = {"MINE": "m", "SECRET": "s", "OMP_PLACES": "cores", "LD_LIBRARY_PATH": "/x", "SLURM_PROCID": "4",
                 "KEPT1": "1", "KEPT2": "2"}
        show = ["--image", "px-busybox", "env"]
        seen = set(self.expect(0, ["-x", "MINE", "-x", "SET=a b", "-x", "KEPT*", "--unset-env", "KEPT2", *show],
                               env=given).out.decode().splitlines())
        self.assertLessEqual({"MINE=m", "SET=a b", "KEPT1=1", "OMP_PLACES=cores", "PXLAUNCH_RANK=0"}, seen)
        names = {line.partition("=")[0] for line in seen}
        self.assertEqual(names & {"SECRET", "KEPT2", "LD_LIBRARY_PATH", "SLURM_PROCID", "PXTEST_ID"}, set())
        self.assertTrue(any(line.startswith("PATH=/usr/local/sbin:") for line in seen), seen)

    def test_search_path(self):
        done = self.expect(0, ["--path", "/no:/bin", "-x", "PATH=/none", *SHELL, "echo $PATH"])
        self.assertEqual(done.out, b"/none\n")

    def test_several_jobs_and_images(self):
        """Two jobs of two images each, at once: four containers, and no rank in another's."""
        wait = ["sh", "-c", "echo $(readlink /proc/self/ns/mnt); exec sleep 60"]
        arguments = ["-n", "2", "--image", "px-busybox", *wait, ":", "-n", "2", "--image", "px-mpi", *wait]
        jobs = [self.start(arguments).wait_for(b"\n", count=4) for _ in range(2)]
        spaces = [line for job in jobs for line in bytes(job.out).splitlines()]
        self.assertEqual(sorted(spaces.count(space) for space in set(spaces)), [2, 2, 2, 2])
        self.assertEqual(len(self.containers()), 4)
        for job in jobs:
            job.signal(signal.SIGTERM).finish()

    def test_options_of_each_application(self):
        done = self.expect(0, ["-n", "1", "--mount", f"{self.work}:/data", "-C", "/data", *SHELL, "pwd", ":", "-n", "1",
                               "sh", "-c", "echo ${container:-none}"])
        self.assertEqual(sorted(done.out.split()), [b"/data", b"none"])
        env = {"PXLAUNCH_IMAGE": "px-busybox"}
        show = ["sh", "-c", "echo ${container:-none}"]
        self.assertEqual(self.expect(0, show, env=env).out, b"podman\n")
        for no in (["--no-container"], ["--engine", "none"]):
            self.assertEqual(self.expect(0, [*no, *show], env=env).out, b"none\n")

    def test_no_image(self):
        done = self.expect(125, ["--image", "px-none", "true"])
        self.assertIn(b"pxwrap: error: podman cannot start a container of 'px-none'", done.err)

    def test_wrong_words(self):
        for arguments, words in [
                (["--engine", "podmann"], [b"--engine: expected one of podman, docker", b"did you mean 'podman'?"]),
                (["--image", "--rm"], [b"--image: no image is named '--rm'"]),
                (["--image="], [b"--image: expected the name of an image"]),
                (["--mount", "a:b:c"], [b"--mount: expected SRC or SRC:DST, got 'a:b:c'"]),
                (["--devices", "cpu"], [b"--devices: unknown device 'cpu'"]),
                (["--pull", "always"], [b"--pull: expected one of missing, never, got 'always'"]),
                (["--mount", "/a"], [b"--mount does nothing without --image"]),
                (["--image", "i", "--no-container"], [b"--image and --no-container contradict each other"])]:
            done = self.expect(2, [*arguments, "true"])
            for word in words:
                self.assertIn(word, done.err)
