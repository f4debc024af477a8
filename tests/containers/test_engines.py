"""The engines that cannot be had here, by stand-ins that record what they are started with."""
import os
import pathlib
import shutil
import subprocess
import uuid

import claims
import pxcontainer
import pxtest

TREE = pathlib.Path(__file__).resolve().parents[2]
STAND_IN = """#!/bin/sh
printf '%s\\0' "$0" "$@" >"${0%/*}/argv"
tr '\\0' '\\n' </proc/$$/environ >"${0%/*}/env"
exit 7
"""
# Each with its program, an image that it takes by itself, how PMIX_RANK=3 gets inside, and how b"\xff" does: what would turn
# words into text gets them coded.
ENGINES = [("singularity-ce", "singularity", None, "SINGULARITYENV_PMIX_RANK=3", b"%ff"),
           ("charliecloud", "ch-run", None, "PMIX_RANK=3", b"\xff"), ("enroot", "enroot", "x.sqsh", "PMIX_RANK=3", b"\xff"),
           ("sarus", "sarus", None, "PMIX_RANK=3", b"%ff"), ("shifter", "shifter", None, "PMIX_RANK=3", b"\xff")]


class StandIns(pxtest.Case):
    def setUp(self):
        super().setUp()
        self.bin = self.home / "bin"
        self.bin.mkdir()
        self.env.update(PATH=f"{self.bin}:/usr/bin:/bin", PMIX_RANK="3", SECRET="s")

    def run_with(self, program, *arguments):
        path = self.bin / program
        path.write_text(STAND_IN)
        path.chmod(0o755)
        done = self.start_program([pxtest.program("pxwrap"), *arguments]).finish()
        self.assertEqual((done.code, done.err), (7, b""), done)
        path.unlink()
        return (self.bin / "argv").read_bytes().split(b"\0")[:-1], (self.bin / "env").read_text().splitlines()

    def test_each(self):
        words = [b"app", b"", b"a b", b"*", b"$(id)\n", b"\xff"]
        for name, program, alone, variable, last in ENGINES:
            with self.subTest(name):
                argv, env = self.run_with(program, "--engine", name, "--image", "img", "--", *words)
                self.assertEqual(argv[0], os.fsencode(self.bin / program))
                self.assertEqual(argv[-len(words):], [*words[:-1], last])
                self.assertIn(variable, env)
            if alone:
                self.run_with(program, "--image", alone, "--", *words)

    def test_one_that_keeps(self):
        """podman-hpc's container of all ranks; none, if it does not start."""
        path = self.bin / "podman-hpc"
        path.write_text(STAND_IN)
        path.chmod(0o755)
        job = f"job-{uuid.uuid4().hex}"  # a container that nobody else starts
        done = self.start_program([pxtest.program("pxwrap"), "--engine", "podman-hpc", "--image", "img", "--", "app"],
                                  env={"PMIX_NAMESPACE": job}).finish()
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"pxwrap: error: podman-hpc cannot start a container of 'img': it says nothing", done.err)
        argv = (self.bin / "argv").read_bytes().split(b"\0")[:-1]
        self.assertEqual(argv[:2], [os.fsencode(path), b"run"])
        self.assertEqual(argv[-6:-2], [b"--entrypoint", b"/.pxwrap/program", b"img", b"--keep"])
        name = argv[argv.index(b"--detach") + 1:][:2]
        self.assertEqual(name, [b"--name", argv[-1]])
        self.assertEqual(argv[-1].split(b"-")[:2], [b"pxwrap", argv[-2]])
        self.assertNotIn(b"app", argv)

    def test_named_is_taken(self):
        """With two engines here, the one that is named; and none in its place if it is missing."""
        for program in ("docker", "podman"):
            (self.bin / program).write_text(STAND_IN.replace("exit 7", "exit 8"))
            (self.bin / program).chmod(0o755)
        self.run_with("shifter", "--engine", "shifter", "--image", "img", "app")
        self.env["PXWRAP_ENGINE"] = "sarus"
        done = self.start_program([pxtest.program("pxwrap"), "--image", "img", "app"]).finish()
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"there is no sarus in the search path of this node", done.err)


class Charliecloud(pxcontainer.ContainerCase, claims.Neighbours):  # ctest: serial timeout=120
    """Really run: ranks are ch-run's, and its namespace is that of the first of a node."""

    at_once = 1  # ch-run 0.31 cannot join a rank that has ended
    not_found = (1, b"can't execve(2): nothing: No such file")  # of its own

    def asked(self, *command):
        return ["--engine", "charliecloud", "--image", f"{self.user.pw_dir}/root", "-x", "PATH=/bin", *command]

    def start_program(self, argv, stdin=None, env=None, cwd=None, **options):
        return super().start_program(argv, stdin, env, cwd or self.starts_in(), **options)

    def starts_in(self):
        return "/tmp"  # for which the image has a place

    def together(self, script, ranks):
        all_in = " && ".join(f"[ -e {self.work}/{rank} ]" for rank in range(ranks))
        return f": >{self.work}/$PXLAUNCH_RANK; until {all_in}; do :; done; {script}"

    def is_empty(self):
        return not self.asleep()

    def meetings(self):
        """The files by which ranks of this user have found each other."""
        return [path for path in pathlib.Path("/dev/shm").glob("*ch-run_*") if path.stat().st_uid == self.user.pw_uid]

    def tearDown(self):
        self.wrap(*self.asked("true"))  # sweeps up after ranks that were killed before all had met
        self.assertEqual(self.meetings(), [])
        super().tearDown()

    def test_images_of_their_own(self):
        """Two of a job: ch-run waits for more ranks than come, and the next start removes what it has left."""
        second = self.home / "second"
        shutil.copytree(f"{self.user.pw_dir}/root", second, symlinks=True)
        words = ["-x", "PATH=/bin", "sh", "-c", self.together("exit 0", 4)]
        self.expect(0, ["--oversubscribe", "-n", "2", *self.asked(*words[2:]), ":", "-n", "2", "--image", str(second), *words])
        self.assertNotEqual(self.meetings(), [])
        self.wrap(*self.asked("true"))
        self.assertEqual(self.meetings(), [])

    def test_they_have_met(self):
        """Where all ranks have the image, nothing is left for anybody to remove."""
        self.expect(0, ["-n", "2", *self.asked("sh", "-c", self.together("exit 0", 2))])
        self.assertEqual(self.meetings(), [])

    def test_mpi(self):
        """It needs pxrec's directory in an image that has no place for it, other than below /tmp."""
        made = subprocess.run([TREE / "tests/lab/root", "bookworm", "with-libopenmpi3"], check=True, text=True,
                              capture_output=True)
        shutil.copy(pxtest.program("init_finalize"), self.work)
        arguments = ["-n", "2", "--engine", "charliecloud", "--image", made.stdout.strip(), "-x", "PATH=/bin",
                     f"{self.work}/init_finalize"]
        done = self.expect(0, arguments, env={"XDG_RUNTIME_DIR": str(self.run_directory)})
        self.assertIn(b"2 processes, up to 2 per node, 1 node", done.out)
        done = self.expect(1, arguments)
        self.assertEqual(done.out, b"")  # and not two jobs of one rank
        self.assertIn(b"session_dir.c", done.err)

    def test_by_hand(self):
        script = 'printf "%s\\0" "$SECRET" "$MINE" "$PWD" "$@"; exit 7'
        done = self.wrap(*self.asked("-x", "MINE", "--", "sh", "-c", script, "sh", *claims.TORTURE),
                         env={"SECRET": "s", "MINE": os.fsdecode(claims.VALUE)})
        self.assertEqual((done.code, done.err), (7, b""), done)
        self.assertEqual(done.out.split(b"\0")[:-1], [b"", claims.VALUE, b"/tmp", *claims.TORTURE])

    def test_ranks_share_a_user_namespace(self):
        script = self.together("readlink /proc/self/ns/user", 2)
        spaces = self.expect(0, ["-n", "2", *self.asked("sh", "-c", script)]).out.splitlines()
        self.assertEqual((len(spaces), len(set(spaces))), (2, 1))
