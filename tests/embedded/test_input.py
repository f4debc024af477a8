"""Standard input: to one rank, to all or to none, bit for bit."""
import os
import random
import zlib

import pxtest

DATA = random.Random(1).randbytes(20_000_000)


class Input(pxtest.Case):  # ctest: timeout=120
    def sums(self, arguments, data=DATA):
        done = self.expect(0, ["-n", "3", "--oversubscribe", *arguments, "checksum"],
                           stdin=data, timeout=60)
        return sorted(done.out.splitlines())

    def line(self, rank, data):
        return b"%d %d %08x" % (rank, len(data), zlib.crc32(data))

    def test_to_rank_0(self):
        self.assertEqual(self.sums([]), [self.line(0, DATA), self.line(1, b""), self.line(2, b"")])

    def test_to_rank_2(self):
        self.assertEqual(self.sums(["--stdin", "2"]),
                         [self.line(0, b""), self.line(1, b""), self.line(2, DATA)])

    def test_to_all(self):
        self.assertEqual(self.sums(["--stdin", "all"]), [self.line(r, DATA) for r in range(3)])

    def test_to_none(self):
        self.assertEqual(self.sums(["--stdin", "none"]), [self.line(r, b"") for r in range(3)])

    def test_nothing(self):
        self.assertEqual(self.sums([], b""), [self.line(r, b"") for r in range(3)])

    def test_a_file(self):
        (self.home / "data").write_bytes(DATA)
        with open(self.home / "data", "rb") as file:
            done = self.launch(["checksum"], stdin=file)
        self.assertEqual(done.out.strip(), self.line(0, DATA))


class Readers(pxtest.Case):
    def test_a_rank_that_does_not_read(self):
        self.expect(0, ["true"], stdin=DATA)

    def test_a_rank_that_reads_a_little(self):
        done = self.expect(0, ["-n", "2", "--stdin", "all", "head", "-c", "3"],
                           stdin=b"abc" + DATA)
        self.assertEqual(done.out, b"abcabc")

    def test_input_stays_open_after_the_job_ends(self):
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        os.write(write, b"line\n")
        done = self.start(["head", "-n", "1"], stdin=read)
        os.close(read)
        self.assertEqual((done.finish().code, done.out), (0, b"line\n"))

    def test_closed_descriptors(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            script = f"pxlaunch sh -c 'exit 6' {closed}; exit $?"
            self.assertEqual(self.start_program(["sh", "-c", script]).finish().code, 6, closed)

    def test_input_line_by_line(self):
        done = self.expect(0, ["sh", "-c", "read a; echo got $a; read b; echo got $b"],
                           stdin=b"one\ntwo\n")
        self.assertEqual(done.out, b"got one\ngot two\n")
