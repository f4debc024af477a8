"""What every image keeps to, and what no APP holds."""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess

import look
import pxcontainer
import pxtest

TREE = pxtest.TREE
MAKE = TREE / "cmake/make-images"
RUNTIME = {"prte", "prted", "prterun", "prun", "pterm", "pxlaunch", "pxrec", "pxwrap"}
LAUNCHERS = RUNTIME | {"mpirun", "mpiexec", "oshrun", "orted", "orterun", "hydra_pmi_proxy", "srun", "sbatch", "jsrun",
                       "slurmd", "slurmstepd", "munged", "sshd", "ssh", "rsh", "podman", "docker", "dockerd", "containerd",
                       "crun", "runc", "cron", "inetd", "systemd"}
COMPILER = re.compile(r"(.*-)?(cc|gcc|g\+\+|c\+\+|cpp|cc1|cc1plus|gfortran|clang|tcc|ld|as|mpi(cc|cxx|f90|fort)|make|cmake|"
                      r"ninja|gdb|git)(-[\d.]+|\.(bfd|gold|openmpi|mpich))?")
MAPS = {"usr/bin/newuidmap", "usr/bin/newgidmap"}
SUDO = {"sudo", "doas", "pkexec"}


def image_names():
    listed = subprocess.run([MAKE, "list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return listed.split()


def problems(role, there):
    """What is wrong with an image of that role, of which look.py has found this."""
    programs = {os.path.basename(path) for path in there["programs"]}
    found = {name for name in LAUNCHERS if any(each.split(".")[0] == name for each in programs)}
    may = {"APP": set(), "base": set()}.get(role, RUNTIME | {"ssh", "sshd", "podman", "crun"})
    return {name: wrong for name, wrong in {
        "launchers and daemons": found - may,
        "missing programs": RUNTIME - found if may else set(),
        # What rootless podman cannot do without.
        "capabilities": set(there["capabilities"]) - (MAPS if "podman" in found else set()),
        "set-id": set(there["set-id"]),
        "ways to root": programs & SUDO,
        "compilers": set(filter(COMPILER.fullmatch, programs)),
        "keys": set(there["keys"]),
        "passwords": {user for user, word in there["passwords"].items() if word not in ("*", "!", "!*")},
    }.items() if wrong}


class Rules(pxcontainer.ContainerCase):  # ctest: serial timeout=180
    def inspect(self, name):
        return json.loads(self.podman("image", "inspect", name))[0]

    def look(self, name):
        return json.loads(self.podman("unshare", "python3", "-B", str(TREE / "tests/images/look.py"), name))

    def test_all_are_there(self):
        both = ("mpi", "nas", "gromacs")
        self.assertEqual(set(image_names()), {"pmix-base", "runtime", "runtime-with-podman", *both,
                                              *(f"{name}-with-runtime" for name in both)})

    def test_who_runs_it_and_what_it_says_of_itself(self):
        version = re.search(r"pxlaunch VERSION (\S+)", (TREE / "CMakeLists.txt").read_text()).group(1)
        for name in image_names():
            with self.subTest(name):
                found = self.inspect(name)
                self.assertEqual(found["Config"]["User"], "1000:1000")
                label = found["Labels"]
                self.assertEqual(label["org.opencontainers.image.title"], name)
                self.assertEqual(label["org.opencontainers.image.version"], version)
                self.assertIn("org.opencontainers.image.base.name", label)
                self.assertGreater(len(label["org.opencontainers.image.description"]), 10)
                self.assertIn(label["pxlaunch.role"], {"base", "REC", "APP", "unified"})
                for entry in found["Config"]["Env"]:
                    self.assertNotRegex(entry, r"LD_LIBRARY_PATH|::|:$", "no search path has an empty place")

    def test_what_is_in_them(self):
        archive = self.look(self.inspect("pmix-base")["Labels"]["org.opencontainers.image.base.name"])["archive"]
        for name in image_names():
            with self.subTest(name):
                there = self.look(name)
                self.assertEqual(problems(self.inspect(name)["Labels"]["pxlaunch.role"], there), {})
                self.assertEqual(there["archive"], archive, "what was lent to the build has stayed")

    def test_a_bad_image_is_found(self):
        for path, text in (("usr/bin/mpirun.openmpi", ""), ("usr/bin/su", ""), ("opt/x/bin/x86_64-linux-gnu-gcc-14", ""),
                           ("usr/bin/ping", ""), ("usr/bin/sudo", ""), ("usr/sbin/sshd", ""),
                           ("etc/ssh/key", "-----BEGIN PRIVATE KEY-----\n"), ("etc/shadow", "root:*:1\nuser:$y$:1\nopen::1\n")):
            (self.home / "root" / path).parent.mkdir(parents=True, exist_ok=True)
            (self.home / "root" / path).write_text(text)
        (self.home / "root/usr/bin/su").chmod(0o4755)
        # Effective and permitted CAP_NET_RAW, of version 2.
        os.setxattr(self.home / "root/usr/bin/ping", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
        self.assertEqual(problems("APP", look.look(str(self.home / "root"))), {
            "launchers and daemons": {"mpirun", "sshd"}, "capabilities": {"usr/bin/ping"}, "set-id": {"usr/bin/su"},
            "ways to root": {"sudo"}, "compilers": {"x86_64-linux-gnu-gcc-14"}, "keys": {"etc/ssh/key"},
            "passwords": {"user", "open"}})


class Making(pxtest.Case):
    def make(self, *arguments, **env):
        env = {"PATH": os.environ["PATH"], **env}
        return subprocess.run([MAKE, *arguments], env=env, capture_output=True, text=True, check=False)

    def refused(self, words, *arguments, **env):
        done = self.make(*arguments, **env)
        self.assertEqual(done.returncode, 1, done)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_refused(self):
        self.refused(["no image is named 'mpo'", "hint: there are: pmix-base builder runtime"], "build", "mpo")
        self.refused(["unknown action 'mpi'", "hint: build, push or list"], "mpi")
        self.refused(["there is no no-engine here", "another engine in IMAGE_ENGINE"], "build", IMAGE_ENGINE="no-engine")
        self.refused(["nowhere to push to", "hint: set IMAGE_REGISTRY, as in"], "push", IMAGE_ENGINE="true")

    def target(self, name, **more):
        env = {name: value for name, value in os.environ.items() if not name.startswith("IMAGE_")}
        done = subprocess.run(["cmake", "--build", pxtest.BIN.parent, "--target", name], env={**env, **more},
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_targets(self):
        """Of what is built without a word about it, the lowest is made from the public Debian."""
        status, out = self.target("images", IMAGE_ENGINE="echo")
        self.assertEqual((status, out.count("\nbuild --file ")), (0, len(image_names()) + 1), out)
        first = (TREE / "rec/images/pmix-base/Containerfile").read_text()
        self.assertIn("\nARG BASE=docker.io/library/debian:trixie-slim\nFROM ${BASE}\n", first)
        status, out = self.target("push-images", IMAGE_ENGINE="echo", IMAGE_REGISTRY="r.example/hpc")
        self.assertEqual((status, out.count("\npush r.example/hpc/")), (0, len(image_names())), out)
        status, out = self.target("push-images", IMAGE_ENGINE="true")
        self.assertNotEqual(status, 0, out)
        self.assertIn("set IMAGE_REGISTRY", out)

    def test_names_and_options_reach_the_engine(self):
        done = self.make("build", "mpi", IMAGE_ENGINE="echo", IMAGE_BASE="base:13", IMAGE_PREFIX="k8s-", IMAGE_TAG="t",
                         IMAGE_BUILD_OPTIONS="--pull --squash")
        base, builder, mpi = (line for line in done.stdout.splitlines() if line.startswith("build "))
        self.assertIn("build --pull --squash --file", base)
        self.assertIn("--build-arg BASE=base:13 ", base)
        self.assertIn("--tag localhost/k8s-builder:t ", builder)
        self.assertIn("--build-arg BASE=localhost/k8s-pmix-base ", mpi)
        self.assertIn("--build-arg BUILDER=localhost/k8s-builder ", mpi)
        done = self.make("push", "nas", "mpi", IMAGE_ENGINE="echo", IMAGE_REGISTRY="r.example/hpc", IMAGE_TAG="t",
                         IMAGE_PUSH_OPTIONS="--tls-verify=false")
        self.assertEqual([line for line in done.stdout.splitlines() if line.startswith("push")],
                         ["push --tls-verify=false r.example/hpc/nas:t", "push --tls-verify=false r.example/hpc/mpi:t"])

    def build_npb(self, **env):
        done = subprocess.run([TREE / "apps/images/nas/build-npb", self.home, self.home / "to"], capture_output=True, text=True,
                              env={"PATH": f"{self.home}/stand-ins:{os.environ['PATH']}", **env}, check=False)
        return done, {path.name for path in (self.home / "to").iterdir()}

    def test_npb_wants_a_checksum(self):
        (self.home / "npb.tar.gz").write_text("other")
        for env, words in [({}, ""), ({"NPB_FILE": "npb.tar.gz"}, "no checksum for npb.tar.gz"),
                           ({"NPB_FILE": "build/npb.tar.gz", "NPB_SHA256": "1"}, "no tarball 'build/npb.tar.gz'\nbuild-npb: hint: NPB_FILE is a path below the tree that is built from, not in build,"),
                           ({"NPB_URL": f"file://{self.home}/none", "NPB_SHA256": "1"}, "cannot fetch 'file:"),
                           ({"NPB_FILE": "npb.tar.gz", "NPB_SHA256": "1"}, "npb.tar.gz has the checksum d9298a10d1")]:
            done, made = self.build_npb(**env)
            self.assertEqual(done.returncode, 1 if words else 0, done)
            self.assertIn(words, done.stderr)
            self.assertEqual(made, set())

    def test_npb(self):
        """With stand-ins for its tarball, which cannot be had here, gfortran and make; test_npb.py has the image itself."""
        (self.home / "stand-ins").mkdir()
        (self.home / "stand-ins/gfortran").symlink_to("/bin/true")
        (self.home / "stand-ins/make").write_text(
            '#!/bin/sh\ngrep -q mpif90 config/make.def && cp /bin/true "bin/$1.${2#CLASS=}.x"\n')
        (self.home / "stand-ins/make").chmod(0o755)
        for name in ("config", "bin"):
            (self.home / "NPB3.4.9/NPB3.4-MPI" / name).mkdir(parents=True)
        subprocess.run(["tar", "-czf", "npb.tar.gz", "NPB3.4.9"], cwd=self.home, check=True)
        given = hashlib.sha256((self.home / "npb.tar.gz").read_bytes()).hexdigest()
        for place in ({"NPB_URL": f"file://{self.home}/npb.tar.gz"}, {"NPB_FILE": "npb.tar.gz"}):
            done, made = self.build_npb(**place, NPB_SHA256=given)
            self.assertEqual(done.returncode, 0, done)
            shutil.rmtree(self.home / "to")
            self.assertEqual(made, {f"{kernel}.{name}.x" for kernel in ("ep", "is", "cg", "mg", "ft", "bt", "sp", "lu")
                                    for name in "SWABC"})
