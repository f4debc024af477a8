"""pxlaunch in a REC, ranks in an APP of which no file is in the REC: over three nodes, by a DVM of PRRTE 3.0.8."""
import re
import shutil
import subprocess

import nodescase
import pxtest
from nodescase import IMAGE, RIGHT_SIZE


class Launch(nodescase.InARank, nodescase.NodesCase):  # ctest: serial timeout=180
    def test_mpi(self):
        done = self.expect(0, ["-N", "2", *IMAGE, "init_finalize"])
        self.assertTrue(done.out.startswith(RIGHT_SIZE), done)

    def test_an_mpi_that_speaks_another_pmi(self):
        """MPICH without PMIx: not six jobs of one rank, and which side is to change."""
        program = pxtest.program("init_finalize_mpich")
        shutil.copy(program, self.home)
        (self.home / "lib").mkdir()
        for line in subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout.splitlines():
            name, _, path = line.strip().partition(" => ")
            if path.startswith("/") and not re.match(r"lib(c|m|dl|rt|pthread|resolv)\.so", name):  # the image's C library is newer
                shutil.copy(path.split()[0], self.home / "lib")
        done = self.expect(125, ["-N", "2", "-x", f"LD_LIBRARY_PATH={self.node_home}/lib", *IMAGE, "./init_finalize_mpich"])
        self.assertIn(b"asks for PMI-1", done.err, done)
        self.assertNotIn(b"1 processes", done.out, done)

    def test_nothing_of_a_launcher_is_in_the_image(self):
        script = "for each in mpirun prterun prun prte prted srun sshd pxlaunch pxrec podman; do command -v $each; done; :"
        self.assertEqual(self.expect(0, ["-n", "1", *IMAGE, "sh", "-c", script]).out, b"")

    def test_the_engine_has_its_own_home(self):
        """What the job sets for its ranks is not where podman looks for its images."""
        done = self.expect(0, ["-N", "1", "-x", "HOME=/no", "-x", "XDG_RUNTIME_DIR=/no", *IMAGE, "sh", "-c", "echo $HOME"])
        self.assertEqual(done.out, b"/no\n" * 3)

    def test_jobs_and_images_on_a_node_at_once(self):
        static = self.start(["-N", "1", "--image", "k8s-static", "/bin/end_with", "5", "600"])
        static.wait_for(b"ends with", count=3, timeout=40)
        jobs = [static, self.sleepers(), self.sleepers("--oversubscribe")]
        for node in ("n1", "n2", "n3"):
            self.assertEqual(self.containers(node), [f"localhost/k8s-{name}:latest" for name in ("mpi", "mpi", "static")])
        self.eventually("both sleep", lambda: len(self.inside("n3", "sleep")) == 2)
        for process in self.inside("n3", "end_with") + self.inside("n3", "sleep"):
            process.kill()
        self.assertEqual([job.finish().code for job in jobs], [137] * 3)


class WithNothing(nodescase.NodesCase):  # ctest: serial timeout=60
    """No DVM: the site's file says which nodes there are and where PRRTE is, and pxlaunch starts one for its job."""

    DVM = False

    def test_mpi(self):
        self.may_leave_files = True
        done = self.expect(0, ["-N", "2", *IMAGE, "init_finalize"])
        self.assertTrue(done.out.startswith(RIGHT_SIZE), done)
