"""--devices where there are some: stand-ins for a GPU, which CDI describes, and for an adapter of RDMA."""
import os
import pathlib
import shutil
import tempfile

import claims
import pxcontainer
import pxtest

HERE = pathlib.Path(__file__).resolve().parent


class Devices(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    """podman is one of the test's own: the user's has its processes in a namespace without these devices."""

    def setUp(self):
        super().setUp()
        place = pathlib.Path(tempfile.mkdtemp(prefix="pxdevices", dir="/var/tmp"))  # not in memory, on which no layer can lie
        self.addCleanup(shutil.rmtree, place)
        place.chmod(0o755)
        (place / "run").mkdir(mode=0o700)
        settings = place / "home/.config/containers"
        settings.mkdir(parents=True)
        (settings / "containers.conf").write_text(f'[engine]\nruntime = "runc"\ntmp_dir = "{place}/run/tmp"\n')
        (settings / "storage.conf").write_text('[storage]\ndriver = "overlay"\n'
                                               f'graphroot = "{place}/graph"\nrunroot = "{place}/run/storage"\n')
        (place / "graph").mkdir()
        for path in place.rglob("*"):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        self.env.update(HOME=str(place / "home"), XDG_RUNTIME_DIR=str(place / "run"))
        self.image = f"{self.user.pw_dir}/root"

    def tearDown(self):
        self.eventually("no container is left", lambda: self.containers() == [], timeout=3)
        self.podman("system", "migrate")  # ends the one process that keeps podman's namespace
        try:
            super().tearDown()
        finally:
            self.podman("system", "migrate")  # it has asked podman once more

    def start_program(self, argv, stdin=None, env=None, cwd=None, **options):
        argv = [pxtest.program(argv[0]), *argv[1:]]
        return super().start_program([str(HERE / "with-devices"), pxcontainer.USER, *argv], stdin, env, cwd, **options)

    def identity(self):
        return {}

    def check(self, device, path, other):
        """Both ranks are in one container and can open the device, and `other` is not there."""
        script = f"test ! -e {other} && : <{path} && readlink /proc/self/ns/mnt && ulimit -l"
        done = self.expect(0, ["-n", "2", "--devices", device, "--image", self.image, "sh", "-c", script])
        self.assertEqual(done.err, b"", done)
        space, limit = sorted(set(done.out.decode().splitlines()), reverse=True)
        self.assertEqual(done.out.decode().count(space), 2, done)
        return limit

    def test_gpu(self):
        self.check("gpu", "/dev/stand-in", "/dev/infiniband")

    def test_rdma(self):
        """And as much locked memory as outside, which adapters need."""
        inside = self.check("rdma", "/dev/infiniband/uverbs0", "/dev/stand-in")
        outside = self.expect(0, ["sh", "-c", "ulimit -l"]).out.decode().strip()
        self.assertEqual(inside, outside)

    def test_of_a_script(self):
        """What the script is given its ranks are given, too."""
        rank = "pxlaunch -n 1 sh -c ': </dev/stand-in && echo in a rank'"
        done = self.start_program(["pxrec", "run", f"--client={claims.CLIENT}", "--devices=gpu", f"--image={self.image}", "--",
                                   "sh", "-c", f": </dev/stand-in && echo in the script && {rank}"]).finish()
        self.assertEqual((done.code, done.out, done.err), (0, b"in the script\nin a rank\n", b""), done)

    def test_neither_is_there_unasked(self):
        self.expect(0, ["--image", self.image, "sh", "-c", "test ! -e /dev/stand-in && test ! -e /dev/infiniband"])
