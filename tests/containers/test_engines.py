"""The engines that cannot be had here, by stand-ins that record what they are started with."""
import os

import claims
import pxcontainer
import pxtest

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
