"""--pty: rank 0 has a terminal, and the user's own is as it was afterwards."""
import fcntl
import os
import pty
import select
import struct
import termios
import time

import pxtest


class Terminal(pxtest.Case):
    def setUp(self):
        super().setUp()
        self.ours, self.theirs = pty.openpty()
        for fd in (self.ours, self.theirs):
            self.addCleanup(os.close, fd)
        self.resize(30, 100)
        self.before = termios.tcgetattr(self.theirs)

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def start_there(self, *arguments):
        return self.start(["--pty", *arguments], stdin=self.theirs, stdout=self.theirs,
                          stderr=self.theirs,
                          preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def read_until(self, text, timeout=15):
        seen, end = b"", time.monotonic() + timeout * pxtest.SLOW
        while text not in seen:
            ready, _, _ = select.select([self.ours], [], [], max(0, end - time.monotonic()))
            self.assertTrue(ready, f"no {text!r} within {timeout} s: {seen!r}")
            seen += os.read(self.ours, 4096)
        return seen

    def finish(self, running, code):
        self.assertEqual(running.finish().code, code)
        self.assertEqual(termios.tcgetattr(self.theirs), self.before)

    def test_size_and_dialogue(self):
        running = self.start_there("terminal")
        seen = self.read_until(b"your name? ")
        self.assertIn(b"tty 1 1 1, 30 rows, 100 columns", seen)
        os.write(self.ours, b"ann\r")
        self.read_until(b"hello ann")
        self.finish(running, 0)

    def test_a_new_size_arrives(self):
        script = "trap 'stty size; exit 5' WINCH; echo ready; while :; do sleep 0.05; done"
        running = self.start_there("sh", "-c", script)
        self.read_until(b"ready")
        self.resize(41, 77)
        self.read_until(b"41 77")
        self.finish(running, 5)

    def test_control_c_is_the_ranks(self):
        running = self.start_there("sh", "-c", "trap 'exit 6' INT; echo ready; "
                                               "while :; do sleep 0.05; done")
        self.read_until(b"ready")
        os.write(self.ours, b"\x03")
        self.finish(running, 6)

    def test_a_killed_rank_leaves_the_terminal_usable(self):
        self.finish(self.start_there("sh", "-c", "kill -KILL $$"), 137)

    def test_input_that_is_no_terminal(self):
        done = self.expect(0, ["--pty", "terminal"], stdin=b"bea\n")
        self.assertIn(b"hello bea", done.out)
