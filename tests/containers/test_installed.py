"""Engines that are not this machine's own, really run: apptainer of Debian sid, docker and its daemon of this Debian."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

import claims
import pxcontainer
import pxtest

TREE = pathlib.Path(__file__).resolve().parents[2]


def root_of(suite, package):
    made = subprocess.run([TREE / "tests/lab/root", suite, f"with-{package}"], check=True, capture_output=True, text=True)
    return made.stdout.strip()


class _Installed(pxcontainer.ContainerCase, claims.ByHand):
    """In with-root; `engine`, `image` and `root` are the subclass's."""

    runs_as = pxcontainer.USER

    def identity(self):
        return {}

    def start_program(self, argv, stdin=None, env=None, cwd=None, **options):
        argv = [str(pxtest.BIN / argv[0]) if (pxtest.BIN / argv[0]).exists() else argv[0], *argv[1:]]
        return super().start_program([str(TREE / "tests/containers/with-root"), self.root, self.runs_as, *argv], stdin, env, cwd,
                                     **options)

    def asked(self, *arguments):
        return ["--engine", self.engine, "--image", self.image, *arguments]

    def test_script(self):
        """pxrec run --image: the script is inside, and its ranks are in the same image. It cannot change its pxlaunch, which is
        the user's own."""
        client = self.home / "pxlaunch"
        shutil.copy(claims.CLIENT, client)
        os.chown(client, self.ranks_user(), -1)
        (self.work / "job.sh").write_text("#!/bin/sh\nif command -v pxrec; then exit 8; fi\n"
                                          "if (: >>/.pxlaunch/pxlaunch) 2>/dev/null; then exit 9; fi\npxlaunch -n 2 sh -c 'test -d /bin; "
                                          "echo $PXLAUNCH_RANK \"$MINE\" $SECRET'\npxlaunch sh -c 'exit 7'\n")
        (self.work / "job.sh").chmod(0o755)
        done = self.start_program(["pxrec", "run", f"--client={client}", *self.asked("-x", "MINE", "--", "./job.sh")],
                                  env={"MINE": "a  b", "SECRET": "s"}).finish()
        self.assertEqual((done.code, sorted(done.out.splitlines())), (7, [b"0 a  b", b"1 a  b"]), done)
        self.eventually("no container is left", self.is_empty, timeout=3)


class Apptainer(_Installed, claims.Kept):  # ctest: serial timeout=600
    """As an ordinary user, in user namespaces of its own making; ranks join the first one's container."""

    engine = "apptainer"

    @classmethod
    def setUpClass(cls):
        cls.root = root_of("sid", "apptainer")

    def setUp(self):
        super().setUp()
        self.image = f"{self.user.pw_dir}/root"

    def is_empty(self):
        keepers = subprocess.run(["pgrep", "-u", pxcontainer.USER, "-f", "^/.pxwrap/program --keep|^Apptainer|--attend"],
                                 check=False, stdout=subprocess.DEVNULL)
        return keepers.returncode == 1 and not list(self.states.glob("*"))

    def keepers(self):
        """As they have noted themselves: this user has no other containers."""
        return [pid for state in self.states.glob("*") for pid in [int(state.read_text().partition(" ")[0] or 0)]
                if pathlib.Path(f"/proc/{pid}/exe").exists()]

    def test_by_hand(self):
        # By a shell: apptainer takes another prefix for its own where setpriv has just started it.
        self.check_by_hand("apptainer", "sh", "-c", 'apptainer exec "$@"', "sh", self.image, image=self.image, named=self.image)

    def test_sif(self):
        """One file, which apptainer makes of the directory; without --engine it is the one that takes it."""
        image = str(self.work / "image.sif")
        built = self.start_program(["apptainer", "build", image, self.image], env={"HOME": str(self.work)}).finish(60)
        self.assertEqual(built.code, 0, built)
        done = self.expect(0, ["-n", "2", "--image", image, "sh", "-c", "ls /bin/sh; echo $PXLAUNCH_RANK of $PXLAUNCH_SIZE"])
        self.assertEqual(sorted(done.out.splitlines()), [b"/bin/sh", b"/bin/sh", b"0 of 2", b"1 of 2"], done)

    def test_mpi(self):
        """The image is a Debian root with an Open MPI, and no launcher."""
        shutil.copy(pxtest.program("init_finalize"), self.work)
        release = subprocess.run(["sed", "-n", "s/^VERSION_CODENAME=//p", "/etc/os-release"], check=True, capture_output=True)
        self.image = root_of(release.stdout.decode().strip(), "libopenmpi3")
        self.assertIn(b"4 processes, up to 4 per node, 1 node", self.expect(0, ["-n", "4", *self.asked("./init_finalize")]).out)

    def test_no_image(self):
        self.image = "/nowhere"
        done = self.expect(125, ["-n", "2", *self.asked("true")])
        self.assertIn(b"pxwrap: error: apptainer cannot start a container of '/nowhere': ", done.err)


class _Docker(_Installed):
    """By a daemon of the test's own, which is root's."""

    engine, image = "docker", "px-busybox"

    @classmethod
    def setUpClass(cls):
        release = subprocess.run(["sed", "-n", "s/^VERSION_CODENAME=//p", "/etc/os-release"], check=True, capture_output=True)
        cls.root = root_of(release.stdout.decode().strip(), "docker.io")
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="pxdocker", dir="/var/tmp"))
        cls.place.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        cls.had_folder = pathlib.Path("/run/docker").exists()
        cls.socket = f"unix://{cls.place}/socket"
        with open(cls.place / "log", "wb") as log:
            cls.daemon = subprocess.Popen(
                [TREE / "tests/containers/with-root", cls.root, "root", "dockerd", "--data-root", cls.place / "data",
                 "--exec-root", cls.place / "exec", "--pidfile", cls.place / "pid", "--host", cls.socket, "--group",
                 pxcontainer.USER, "--storage-driver", "overlay2", "--bridge=none", "--iptables=false", "--ip6tables=false",
                 "--ip-forward=false", "--ip-masq=false", "--cgroup-parent", f"/{cls.place.name}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        cls.addClassCleanup(cls.end_daemon)
        deadline = time.monotonic() + 60
        while cls.docker("version").returncode != 0 and cls.daemon.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        rootfs = pwd.getpwnam(pxcontainer.USER).pw_dir + "/root"
        tar = subprocess.run(["tar", "-C", rootfs, "-c", "."], check=True, capture_output=True)
        cls.docker("import", "-", cls.image, input=tar.stdout, check=True)

    @classmethod
    def end_daemon(cls):
        cls.daemon.terminate()
        cls.daemon.wait(30)
        for group in pathlib.Path("/sys/fs/cgroup").glob(f"*/{cls.place.name}"):
            group.rmdir()
        if not cls.had_folder:
            shutil.rmtree("/run/docker", ignore_errors=True)

    @classmethod
    def docker(cls, *arguments, **options):
        return subprocess.run([TREE / "tests/containers/with-root", cls.root, "root", "docker", "-H", cls.socket, *arguments],
                              capture_output=True, **options)

    def setUp(self):
        super().setUp()
        self.env["DOCKER_HOST"] = self.socket

    def is_empty(self):
        return self.docker("ps", "--all", "--quiet", check=True).stdout == b""


class Docker(_Docker, claims.Neighbours):  # ctest: serial timeout=600
    """As a member of the daemon's group: a container for each rank."""

    by_signal = b"exited with status 139"  # docker's client, that is

    def test_by_hand(self):
        self.check_by_hand("docker", "docker", "run", "--rm", "--network", "host", "-v", f"{self.work}:/w", "-w", "/w",
                           self.image, image=self.image, named="IMAGE")

    def test_no_image(self):
        done = self.expect(125, ["--pull", "never", *self.asked("true")[:2], "--image", "px-none", "true"])
        self.assertIn(b"px-none", done.err)


class DockerOfRoot(_Docker, claims.Kept):  # ctest: serial timeout=600
    """As root, whose namespaces they are: one container for all ranks of the node."""

    runs_as, user_id = "root", 0

    def setUp(self):
        super().setUp()
        for path in (self.work, self.run_directory, self.tmp):
            os.chown(path, 0, 0)  # without capabilities root is an ordinary owner of files

    def start_program(self, argv, stdin=None, env=None, cwd=None, **options):
        return super().start_program(argv, stdin, {"XDG_RUNTIME_DIR": str(self.run_directory), **(env or {})}, cwd, **options)

    def keepers(self):
        names = self.docker("ps", "--quiet", check=True).stdout.split()
        return [int(pid) for name in names for pid in self.docker("inspect", "--format", "{{.State.Pid}}", name).stdout.split()]
