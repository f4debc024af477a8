"""Another user on the node, with the server's address in hand, can do nothing with it."""
import os
import pathlib
import re
import shutil
import socket
import tempfile

import pxtest

OTHER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
ADDRESS = re.compile(rb'[\w.@:-]+;tcp4?://[0-9.]+:[0-9]+')


class OtherUser(pxtest.Case):  # ctest: timeout=120
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        self.assertEqual(self.rec(["up"]).code, 0)
        self.job = self.start(["-n", "1", "--oversubscribe", "end_with", "0", "600"])
        self.job.wait_for(b"ends with")
        rank = self.processes("end_with")[0]
        environ = pxtest.read_bytes(f"/proc/{rank.pid}/environ").split(b"\0")
        self.namespace = next(e[15:] for e in environ if e.startswith(b"PMIX_NAMESPACE="))
        # What an intruder can run must be where an intruder can reach it.
        self.reachable = pathlib.Path(tempfile.mkdtemp(prefix="pxi"))
        self.addCleanup(shutil.rmtree, self.reachable)
        self.reachable.chmod(0o755)
        for name in ("intruder", "false_uid.so", "pxlaunch"):
            shutil.copy(pxtest.program(name), self.reachable)

    def tearDown(self):
        if self.job.popen.poll() is None:
            self.assertEqual(self.job.signal(15).finish().code, 143)
        self.rec(["down"])
        super().tearDown()

    def address(self):
        for path in self.run_directory.rglob("*"):
            if path.is_file() and (found := ADDRESS.search(path.read_bytes())):
                return found.group().decode()
        return self.fail(f"no address below {self.run_directory}")

    def intrude(self, *action, user=OTHER, **env):
        program = [str(self.reachable / "intruder"), self.address(), *action]
        own = {"XDG_RUNTIME_DIR": None, "HOME": "/", "TMPDIR": "/tmp", **env}
        return self.start_program(["timeout", "10", *user, *program], env=own, cwd="/").finish()

    def actions(self):
        return (["attach"], ["spawn"], ["query"], ["kill", self.namespace])

    def check_untouched(self):
        self.assertIsNone(self.job.popen.poll(), "the job was ended")
        self.assertEqual([p for p in self.processes("sleep") if p.command == "sleep 601"], [])

    def test_the_intruder_works_for_the_owner(self):
        """What the other tests find refused is not refused for another reason."""
        self.assertEqual(self.intrude("query", user=[]).code, 0)

    def test_another_user(self):
        for action in self.actions():
            done = self.intrude(*action)
            self.assertNotEqual(done.code, 0, done)
            self.check_untouched()

    def test_another_user_who_claims_to_be_the_owner(self):
        for action in self.actions():
            done = self.intrude(*action, LD_PRELOAD=str(self.reachable / "false_uid.so"))
            self.assertNotEqual(done.code, 0, done)
            self.check_untouched()

    def test_pxlaunch_of_another_user(self):
        done = self.start_program(
            [*OTHER, str(self.reachable / "pxlaunch"), "--uri", self.address(), "id"],
            env={"XDG_RUNTIME_DIR": None, "HOME": "/", "TMPDIR": "/tmp",
                 "PXLAUNCH_SITE_CONFIG": None}, cwd="/").finish(90)
        self.assertEqual((done.code, done.out), (125, b""), done)
        self.assertIn(b"pxlaunch: error: ", done.err)

    def test_nobody_else_can_read_what_we_write(self):
        """libpmix opens the directory that it is given (4.2.2: chmod 0755); what is above it is ours."""
        pool = next(self.run_directory.glob("pxlaunch-*/pool.*"))
        for path in [pool.parent, pool, *(path for path in pool.iterdir() if path.name != "pmix")]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_it_listens_on_loopback_only(self):
        host = ADDRESS.search(self.address().encode()).group().rpartition(b"//")[2]
        self.assertTrue(host.startswith(b"127."), host)

    def test_the_server_survives_rubbish(self):
        host, port = self.address().rpartition("//")[2].split(":")
        for rubbish in (b"", b"\0" * 64, os.urandom(4096), b"GET / HTTP/1.0\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(rubbish)
        self.expect(0, ["--oversubscribe", "true"])
