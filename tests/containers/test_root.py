"""podman as root: the user namespace is the host's, the container is joined, and nothing of root's rights is left in it."""
import os
import resource
import shutil
import subprocess
import tempfile

import pxcontainer
import pxtest


class Root(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    def setUp(self):
        super().setUp()
        # Images of this test alone; not in memory, on which no layer can lie.
        place = tempfile.mkdtemp(prefix="pxroot", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, place)
        for name, text in [("storage", f'[storage]\ndriver = "overlay"\ngraphroot = "{place}/graph"\nrunroot = "{place}/run"\n'),
                           ("containers", '[engine]\nruntime = "runc"\n')]:
            (self.home / f"{name}.conf").write_text(text)
        self.own = {"CONTAINERS_STORAGE_CONF": str(self.home / "storage.conf"), "XDG_RUNTIME_DIR": str(self.home / "root"),
                    "CONTAINERS_CONF": str(self.home / "containers.conf"), "HOME": str(self.home)}
        (self.home / "root").mkdir(mode=0o700)
        os.chown(self.work, 0, 0)  # without capabilities root is an ordinary owner of files
        tar = subprocess.run(["tar", "-C", f"{self.user.pw_dir}/root", "-c", "."], check=True, capture_output=True)
        self.of_root("import", "-", "px-busybox", input=tar.stdout)

    def identity(self):
        return {}

    def podman(self, *argv):
        return super().podman(*argv) if "ps" not in argv else self.of_root(*argv)

    def of_root(self, *argv, **options):
        return subprocess.run(["podman", *argv], env={**self.env, **self.own}, check=True, capture_output=True, **options).stdout

    def launch(self, arguments, timeout=60, **options):
        # podman lowers its own limit to this; a root without CAP_SYS_RESOURCE, as on this machine, cannot raise it again.
        most = 32768
        return super().launch(arguments, timeout, env=self.own, **options,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (most, most)))

    def test_ranks(self):
        script = "echo $(readlink /proc/self/ns/mnt) $(ulimit -n) $(grep -E '^(Cap|NoNew)' /proc/self/status)"
        done = self.expect(0, ["-n", "3", "--image", "px-busybox", "sh", "-c", script + "; read line; exit 0"])
        one, = set(done.out.decode().splitlines())
        _, files, *words = one.split()
        self.assertEqual(int(files), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self.assertEqual(set(words[1::2]), {"0" * 16, "1"}, words)

    def test_memory_and_ends(self):
        shutil.copy(pxtest.program("peek"), self.work)
        done = self.expect(0, ["-n", "2", "--image", "px-busybox", "./peek", "."])
        self.assertEqual(done.out.count(b" has read 1048576 bytes"), 2, done)
        self.expect(7, ["-n", "2", "--image", "px-busybox", "sh", "-c", "exit 7"])
