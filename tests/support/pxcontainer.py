"""Tests as the ordinary user with rootless podman whom tests/containers/prepare makes."""
import json
import os
import pathlib
import pwd
import subprocess
import uuid

import pxtest

USER = os.environ.get("PX_CONTAINER_USER", "pxcontainers")


# For ranks, which have the image's environment: with this they are found as processes of the test, and waited for.
MARK = ("-x", "PXTEST_ID")


def running(uid, *argv):
    """That user's processes with these arguments, wherever they came from."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_text() == "\0".join((*argv, "")) and path.stat().st_uid == uid:
                found.append(int(path.parent.name))
        except (OSError, UnicodeDecodeError):
            pass  # it has ended meanwhile, or is none of ours
    return found


class ContainerCase(pxtest.Case):
    """One test of that user, in whose podman nothing is left afterwards."""

    def setUp(self):
        super().setUp()
        self.nap = f"60.{uuid.uuid4().int % 10**9:09}"  # seconds, and nobody else's argument
        try:
            self.user = pwd.getpwnam(USER)
        except KeyError:
            self.skipTest("'tests/run containers' makes the user and the images that this needs")
        if os.geteuid() != 0:
            self.skipTest("needs root, to become another user")
        self.work = self.home / "work"
        self.work.mkdir()
        self.home.chmod(0o755)
        for path in (self.work, self.run_directory, self.tmp):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        # podman's one process of each user lives in these.
        self.env.update(HOME=self.user.pw_dir, XDG_RUNTIME_DIR=f"/run/user/{self.user.pw_uid}")
        self.states = pathlib.Path(f"/tmp/pxwrap-{self.user.pw_uid}")

    def tearDown(self):
        super().tearDown()
        self.eventually("no container is left", lambda: self.containers() == [], timeout=3)
        self.eventually("no state is left", lambda: not list(self.states.glob("*")), timeout=3)

    def start_program(self, argv, stdin=None, env=None, cwd=None, **options):
        return super().start_program(argv, stdin, env, cwd or self.work, **self.identity(), **options)

    def identity(self):
        """Whom programs are started as, unless something else sees to that."""
        return self.as_user()

    def as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": [self.user.pw_gid]}

    def podman(self, *argv):
        env = {name: value for name, value in self.env.items() if name != "PXTEST_ID"}
        done = subprocess.run(["/usr/bin/podman", *argv], env=env, cwd="/", check=True, capture_output=True, **self.as_user())
        return done.stdout

    def sleepers(self, uid=None):
        """The ranks that sleep for this test, whatever their environment."""
        return running(self.user.pw_uid if uid is None else uid, "sleep", self.nap)

    def containers(self):
        return json.loads(self.podman("ps", "--all", "--format", "json"))

    def wrap(self, *arguments, **options):
        """How pxwrap with these arguments ends."""
        return self.start_program(["pxwrap", *arguments], **options).finish()

    def fails(self, code, words, *arguments, **options):
        done = self.wrap(*arguments, **options)
        self.assertEqual(done.code, code, done)
        self.assertTrue(done.err.startswith(b"pxwrap: error: "), done)
        for word in words:
            self.assertIn(word, done.err)
