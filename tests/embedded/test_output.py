"""Output arrives byte for byte, and a line is never broken by another rank's."""
import os
import signal
import subprocess

import pxtest

MEGABYTES = 8 if pxtest.SANITIZER else 64
SIZE = MEGABYTES * 1000 * 1000 // 64 * 64


class Exact(pxtest.Case):
    def test_no_newline_at_the_end(self):
        done = self.expect(0, ["printf", "abc"])
        self.assertEqual((done.out, done.err), (b"abc", b""))

    def test_no_newline_at_the_end_of_each_rank(self):
        done = self.expect(0, ["-n", "3", "sh", "-c", "printf $PXLAUNCH_RANK"])
        self.assertEqual(sorted(done.out), sorted(b"012"))

    def test_every_byte(self):
        data = bytes(range(256)) * 4096
        (self.home / "data").write_bytes(data)
        done = self.expect(0, ["cat", "data"])
        self.assertEqual(len(done.out), len(data))
        self.assertTrue(done.out == data)

    def test_stderr_is_stderr(self):
        done = self.expect(0, ["-n", "2", "sh", "-c", "echo out; echo err >&2"])
        self.assertEqual((done.out, done.err), (b"out\n" * 2, b"err\n" * 2))

    def test_merged_stderr(self):
        done = self.expect(0, ["--merge-stderr", "sh", "-c", "echo out; echo err >&2"])
        self.assertEqual((done.out, done.err), (b"out\nerr\n", b""))

    def test_a_line_longer_than_a_pipe(self):
        script = "head -c 300000 /dev/zero | tr '\\0' $PXLAUNCH_RANK; echo"
        done = self.expect(0, ["-n", "2", "sh", "-c", script])
        lines = sorted(done.out.splitlines())
        self.assertEqual([len(line) for line in lines], [300000] * 2)

    def test_nothing_at_all(self):
        self.assertEqual(self.expect(0, ["-n", "4", "true"]).out, b"")

    def test_a_rank_that_closes_its_output(self):
        done = self.expect(3, ["sh", "-c", "echo a; exec >&- 2>&-; sleep 0.3; exit 3"])
        self.assertEqual(done.out, b"a\n")


class Lines(pxtest.Case):
    def test_a_partial_line_is_seen_soon(self):
        running = self.start(["sh", "-c", "printf 'name? '; sleep 600"])
        running.wait_for(b"name? ", timeout=10)
        self.assertEqual(running.signal(signal.SIGTERM).finish().code, 143)

    def test_tag(self):
        done = self.expect(0, ["-n", "2", "--tag", "sh", "-c", "echo a; echo b >&2; printf c"])
        self.assertEqual(sorted(done.out.splitlines()),
                         [b"0: a", b"0: c", b"1: a", b"1: c"])
        self.assertEqual(sorted(done.err.splitlines()), [b"0: b", b"1: b"])

    def test_lines_of_many_ranks_stay_whole(self):
        script = "for i in 1 2 3 4 5 6 7 8 9; do printf a$PXLAUNCH_RANK; printf b; echo c; done"
        done = self.expect(0, ["-n", "8", "--oversubscribe", "sh", "-c", script])
        wanted = sorted(b"a%dbc" % rank for rank in range(8) for _ in range(9))
        self.assertEqual(sorted(done.out.splitlines()), wanted)

    def test_timestamp(self):
        done = self.expect(0, ["--timestamp", "echo", "a"])
        self.assertRegex(done.out, rb"^\S*\d\d:\d\d:\d\d\S* a\n$")


class Files(pxtest.Case):
    def test_a_pattern(self):
        self.expect(0, ["-n", "2", "--output", "out.%r", "sh", "-c", "echo $PXLAUNCH_RANK"])
        for rank in (0, 1):
            self.assertEqual((self.home / f"out.{rank}").read_bytes(), b"%d\n" % rank)

    def test_a_directory(self):
        done = self.expect(0, ["-n", "2", "--output", "logs/", "echo", "hello"])
        self.assertEqual(done.out, b"")
        files = [path for path in (self.home / "logs").rglob("*") if path.is_file()]
        self.assertEqual(b"".join(path.read_bytes() for path in files), b"hello\n" * 2)

    def test_a_directory_that_cannot_be_made(self):
        (self.home / "file").write_text("")
        done = self.launch(["--output", "file/logs/", "true"])
        self.assertIn(done.code, (2, 125), done)
        self.assertIn(b"file/logs", done.err)


class Flood(pxtest.Case):  # ctest: serial timeout=180
    def checked(self, ranks, arguments):
        """The verdict of `flood check` on what a job of ours writes to its standard output."""
        checker = subprocess.Popen(
            [pxtest.program("flood"), "check", str(ranks), str(SIZE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        done = self.start(arguments, stdout=checker.stdin).finish(150)
        verdict = checker.communicate(timeout=60)[0]
        self.assertEqual((done.code, verdict), (0, b"ok\n"), done)

    def test_four_ranks(self):
        self.checked(4, ["-n", "4", "--oversubscribe", "flood", str(SIZE)])

    def test_stderr(self):
        self.checked(1, ["--merge-stderr", "flood", str(SIZE), "stderr"])


class Readers(pxtest.Case):
    def test_a_reader_that_goes_away(self):
        read, write = os.pipe()
        running = self.start(["flood", "2000000000"], stdout=write)
        os.close(write)
        self.assertEqual(len(os.read(read, 64)), 64)
        os.close(read)
        self.assertNotEqual(running.finish(20).code, 0)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = self.start(["echo", "hello"], stdout=full).finish()
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"no space left", done.err)
