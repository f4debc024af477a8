"""podman as root: the user namespace is the host's, the container is joined, and nothing of root's rights is left in it."""
import os
import resource
import shutil
import subprocess
import tempfile

import claims
import pxcontainer


class Root(pxcontainer.ContainerCase, claims.JoinedPodman):  # ctest: serial timeout=120
    user_id = 0

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

    def start_program(self, argv, stdin=None, env=None, *arguments, **options):
        # podman lowers its own limit to this; a root without CAP_SYS_RESOURCE, as on this machine, cannot raise it again.
        most = 32768
        return super().start_program(argv, stdin, {**self.own, **(env or {})}, *arguments, **options,
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (most, most)))

    def test_limits_and_capabilities(self):
        script = "ulimit -n; grep -E '^Cap' /proc/self/status"
        files, *words = self.expect(0, self.asked("sh", "-c", script)).out.decode().split()
        self.assertEqual(int(files), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self.assertEqual(set(words[1::2]), {"0" * 16}, words)
