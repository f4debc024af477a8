"""The images at work, on this machine."""
import pathlib
import re

import pxcontainer


class Applications(pxcontainer.ContainerCase):  # ctest: serial timeout=180
    def test_mpi(self):
        done = self.expect(0, ["-n", "4", "--image", "mpi", "init_finalize"])
        self.assertTrue(done.out.startswith(b"4 processes, up to 4 per node, 1 node\n"), done)

    def test_mpi_has_the_defaults_of_debian(self):
        """Else it looks for networks by libfabric first, which sleeps for a second."""
        done = self.expect(0, ["--image", "mpi", "cat", "/etc/openmpi/openmpi-mca-params.conf"])
        self.assertRegex(done.out, rb"\nbtl = \S*\bofi\b")

    def test_ep(self):
        for name, pairs in (("S", 24), ("W", 25), ("A", 28)):
            done = self.expect(0, ["-n", "4", "--image", "nas", "ep", name])
            self.assertTrue(done.out.startswith(b"EP class %s: 2^%d pairs on 4 processes\n" % (name.encode(), pairs)), done)
            self.assertIn(b"Verification: SUCCESSFUL\n", done.out)

    def test_ep_of_no_class(self):
        done = self.expect(2, ["-n", "2", "--image", "nas", "ep", "X"])
        self.assertIn(b"usage: ep [S|W|A|B|C]\n", done.err)

    def test_gromacs(self):
        done = self.expect(0, ["-n", "6", "--image", "gromacs", "gmx_mpi", "mdrun", "-s", "/usr/local/share/water/water.tpr",
                               "-ntomp", "1"])
        self.assertIn(b"Using 6 MPI processes", done.err)
        self.assertRegex(done.err, rb"Performance: +[0-9.]+ +[0-9.]+")


class Runtimes(pxcontainer.ContainerCase):  # ctest: serial timeout=240
    def run_in(self, image, *command, options=()):
        return self.podman("run", "--rm", "--network", "host", "--ulimit", "host", *options, image, *command).decode()

    def test_the_rec(self):
        self.assertIn("3.0.8", self.run_in("runtime", "prte", "--version"))
        for launcher in ("prterun --map-by :oversubscribe", "pxlaunch"):
            out = self.run_in("runtime", *launcher.split(), "-n", "2", "pxwrap", "sh", "-c", "echo rank $PMIX_RANK")
            self.assertEqual(sorted(out.splitlines()), ["rank 0", "rank 1"])

    def test_the_unified_image(self):
        """prterun and pxlaunch start the same program beside them."""
        for image in ("mpi-with-runtime", "nas-with-runtime", "gromacs-with-runtime"):
            out = self.run_in(image, "prterun", "--map-by", ":oversubscribe", "-n", "4", "init_finalize")
            self.assertIn("4 processes", out)
        self.assertIn("4 processes", self.run_in("mpi-with-runtime", "pxlaunch", "-n", "4", "init_finalize"))

    def test_podman_in_the_rec(self):
        """Its user gets all ids that images need, from programs that are not set-uid."""
        there = self.run_in("runtime-with-podman", "podman", "unshare", "cat", "/proc/self/uid_map", options=["--privileged"])
        self.assertEqual([re.split(" +", line.strip()) for line in there.splitlines()],
                         [["0", "1000", "1"], ["1", "1", "999"], ["1000", "1001", "64535"]])

    def test_a_rank_in_the_rec(self):
        """With the image's own podman, settings and user: its ranks join a container, of which nothing is left."""
        archive = self.work / "mpi.tar"
        self.podman("save", "--quiet", "--output", str(archive), "mpi")
        script = ("id -u; podman load --quiet --input /mpi.tar && pxlaunch -n 2 --oversubscribe --image mpi init_finalize; "
                  "echo status $?; podman ps --all --quiet; podman run --rm mpi echo by hand")
        out = self.run_in("runtime-with-podman", "sh", "-c", script,
                          options=["--privileged", "-v", f"{archive}:/mpi.tar:ro", *self.control_groups()])
        self.assertRegex(out, r"^1000\nLoaded image.*\n2 processes, up to 2 per node, 1 node\ninit .*\nstatus 0\nby hand\n$")

    @staticmethod
    def control_groups():
        """Of both versions crun refuses them: where this machine has both, the container has the second alone."""
        for line in pathlib.Path("/proc/mounts").read_text().splitlines():
            _, place, kind, *_ = line.split()
            if kind == "cgroup2" and place != "/sys/fs/cgroup":
                return ["-v", f"{place}:/sys/fs/cgroup"]
        return []
