"""What others left behind: run directories of the dead, a dead munge socket, odd directories."""
import os
import signal
import time

import pxtest


class RunDirectory(pxtest.Case):
    def kill_a_server(self):
        """A persistent server that dies with its guard: nobody can clean up after it."""
        self.may_leave_files = True
        self.assertEqual(self.rec(["up"]).code, 0)
        alive = self.processes()
        self.assertIn("pxrec", {process.name for process in alive})
        for number in (signal.SIGSTOP, signal.SIGKILL):  # all at once, as a crash of the node
            for process in alive:
                process.kill(number)
        self.check_clean()

    def test_the_next_launch_works(self):
        self.kill_a_server()
        done = self.expect(0, ["true"])
        self.assertEqual(done.err, b"")

    def test_the_next_server_removes_it(self):
        """Not only `up` and `down`: a batch system kills a script's server with its guard, job after job."""
        self.kill_a_server()
        dead = [path for path in self.run_directory.rglob("pool.*")]
        self.assertEqual(len(dead), 1)
        self.expect(0, ["true"])
        self.eventually("it is gone", lambda: not dead[0].exists())
        self.may_leave_files = False

    def test_it_is_named(self):
        self.kill_a_server()
        done = self.expect(0, ["--explain", "true"])
        self.assertIn(b"has ended", done.out + done.err)

    def test_up_replaces_it(self):
        self.kill_a_server()
        self.assertEqual(self.rec(["up"]).code, 0)
        self.expect(0, ["true"])
        self.assertEqual(self.rec(["down"]).code, 0)

    def test_rubbish_in_its_place(self):
        self.kill_a_server()
        for path in self.run_directory.rglob("*"):
            if path.is_file():
                path.write_bytes(b"\0rubbish")
        self.expect(0, ["true"])


class Directories(pxtest.Case):
    def test_no_runtime_directory(self):
        self.expect(0, ["true"], env={"XDG_RUNTIME_DIR": None})

    def test_a_runtime_directory_that_is_missing(self):
        self.expect(0, ["true"], env={"XDG_RUNTIME_DIR": "/no/such/directory"})

    def test_a_private_temporary_directory(self):
        private = self.home / "private"
        private.mkdir(0o700)
        self.expect(0, ["-n", "2", "pmix_hello"],
                    env={"TMPDIR": str(private), "XDG_RUNTIME_DIR": None})
        self.assertEqual([path for path in private.rglob("*") if not path.is_dir()], [])

    def test_a_very_long_one(self):
        long = self.home / ("d" * 120)
        long.mkdir(0o700)
        self.expect(0, ["-n", "2", "pmix_hello"],
                    env={"TMPDIR": str(long), "XDG_RUNTIME_DIR": str(long)})

    def test_none_that_works_is_named(self):
        done = self.launch(["true"], env={"TMPDIR": "/no/such/tmp", "XDG_RUNTIME_DIR": None})
        if done.code != 0:  # /tmp would do as well
            self.assertEqual(done.code, 125)
            self.assertIn(b"'/no/such/tmp", done.err)

    def test_our_own_directory_was_removed(self):
        """$PWD does not exist any more: an error that says so, or a job that runs there."""
        script = "mkdir gone; cd gone; rmdir ../gone; exec pxlaunch true"
        done = self.start_program(["sh", "-c", script]).finish()
        self.assertIn(done.code, (0, 125))
        if done.code:
            self.assertIn(b"current directory", done.err)


class Munge(pxtest.Case):  # ctest: serial
    """A munge socket whose daemon is dead costs PMIx 2.3 s in every init, unless avoided."""

    SCRIPT = """
        mount -t tmpfs none /run && mkdir -p /run/munge || exit 77
        python3 -c 'import socket
s = socket.socket(socket.AF_UNIX); s.bind("/run/munge/munge.socket.2")' || exit 77
        exec pxlaunch -n 1 pmix_hello
        """

    def test_a_dead_socket_costs_nothing(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make a /run of its own")
        self.assertLess(min(self.longer() for _ in range(3)), 1.5 * pxtest.SLOW)

    def longer(self):
        """By how many seconds, this time: a busy machine delays one of three, the socket would delay each."""
        begin = time.monotonic()
        done = self.start_program(["unshare", "--mount", "sh", "-c", self.SCRIPT]).finish()
        if done.code == 77:
            self.skipTest("no mount namespace here")
        self.assertEqual(done.code, 0, done)
        plain = time.monotonic()
        self.expect(0, ["-n", "1", "pmix_hello"])
        return (plain - begin) - (time.monotonic() - plain)
