"""A job over three nodes of a real PRRTE DVM: where its ranks are, what they get, what they say."""
import json
import os
import re
import zlib

import hpcc
import pxlab
import pxtest


class Ranks(pxlab.LabCase):  # ctest: serial timeout=240
    def test_every_node_takes_part(self):
        done = self.expect(0, ["-n", "6", "--map-by", "node", "--tag", "hostname"])
        self.assertEqual(sorted(done.out.split(b"\n")[:-1]),
                         [b"%d: n%d" % (rank, rank % 3 + 1) for rank in range(6)])
        self.assertEqual(done.err, b"")

    def test_mpi_comes_up_over_the_nodes(self):
        for count in (["-N", "2"], ["-n", "6"], ["--map-by", "ppr:2:node"]):
            done = self.expect(0, [*count, "init_finalize"])
            self.assertIn(b"6 processes, up to 2 per node, 3 nodes\n", done.out)

    def test_hpcc(self):
        (self.home / "hpccinf.txt").write_text(hpcc.text(2, 3))
        self.expect(0, ["-n", "6", "hpcc"], timeout=180)
        output = (self.home / "hpccoutf.txt").read_text()
        # Not "Success=1": on 6 processes its RandomAccess finds too many errors in tables as small as these.
        self.assertTrue(re.search(r"\|\|Ax-b\|\|.*PASSED", output) and "End of HPC Challenge tests" in output)

    def test_the_ranks_environment(self):
        done = self.expect(0, ["-n", "6", "--map-by", "node", "-x", "BYTES=a,b=c;\n'\"$(x) *,", "show_rank"],
                           env={"SECRET_OF_MINE": "kept,as=it,is;"})
        ranks = pxtest.ranks(done.out)
        self.assertEqual(sorted(ranks), list(range(6)))
        for number, rank in ranks.items():
            env = rank["env"]
            self.assertEqual(env["BYTES"], b"a,b=c;\n'\"$(x) *,")
            self.assertEqual(env["SECRET_OF_MINE"], b"kept,as=it,is;")  # the whole environment, as srun has it
            self.assertEqual(env["PXLAUNCH_LOCAL_RANK"], b"%d" % (number // 3))
            self.assertEqual(env["PXLAUNCH_LOCAL_SIZE"], b"2")
            self.assertEqual(env["PXLAUNCH_NODE_RANK"], b"%d" % (number % 3))
            self.assertEqual(env["PXLAUNCH_NNODES"], b"3")
            self.assertEqual(env["OMPI_COMM_WORLD_SIZE"], b"6")
            # Nothing of the daemons' own environment, nor of the shim's.
            foreign = [name for name in env if name.startswith(("SSH_", "PXWRAP_", "DYLD_", "LD_"))]
            self.assertEqual(foreign, [])

    def test_arguments_cross_byte_for_byte(self):
        words = ["", "a b", "*", "$HOME", "'\"", "x\ny", "--", ":;&"]
        done = self.expect(0, ["-n", "1", "--", "show_rank", *words])
        self.assertEqual(pxtest.ranks(done.out)[0]["argv"][1:], [word.encode() for word in words])

    def test_directory(self):
        done = self.expect(0, ["-n", "3", "--map-by", "node", "-C", "/usr/share", "pwd"])
        self.assertEqual(done.out, b"/usr/share\n" * 3)

    def test_a_node_that_is_named(self):
        """Without a number it is all of its slots, also where another application has some."""
        self.assertEqual(self.expect(0, ["-n", "2", "--host", "n3", "hostname"]).out, b"n3\n" * 2)
        done = self.expect(0, ["-n", "5", "hostname", ":", "-n", "1", "--host", "n3", "hostname"])
        self.assertEqual(done.out.count(b"n3"), 2)
        done = self.expect(125, ["-n", "3", "--host", "n3", "hostname"])
        self.assertIn(b"slots", done.err)

    def test_the_report(self):
        self.expect(7, ["-n", "2", "--map-by", "node", "--report", f"{self.node_home}/report", "end_with", "0,7"])
        report = json.loads((self.home / "report").read_text())
        self.assertEqual([report[key] for key in ("state", "status", "first_failure")], ["ended", 7, 1], report)
        self.assertEqual(sorted((rank["rank"], rank["host"]) for rank in report["ranks"]), [(0, "n1"), (1, "n2")], report)

    def test_two_applications(self):
        done = self.expect(0, ["--tag", "-n", "1", "echo", "a", ":", "-n", "2", "sh", "-c", "echo b$PXLAUNCH_APP_RANK"])
        self.assertEqual(sorted(done.out.split(b"\n")), [b"", b"0: a", b"1: b0", b"2: b1"])


class Streams(pxlab.LabCase):  # ctest: serial timeout=180
    def test_an_unfinished_line(self):
        for _ in range(20):
            self.assertEqual(self.expect(0, ["-n", "1", "printf", "abc"]).out, b"abc")

    def test_stdout_and_stderr(self):
        done = self.expect(0, ["-n", "3", "--map-by", "node", "sh", "-c", "echo out; echo err >&2"])
        self.assertEqual((done.out, done.err), (b"out\n" * 3, b"err\n" * 3))

    def test_much_output(self):
        done = self.expect(0, ["-n", "6", "--map-by", "node", "flood", "8000000"], timeout=60)
        self.assertEqual(len(done.out), 6 * 8_000_000)

    def test_a_reader_that_stops(self):
        """For longer than a peer may be silent: it is there, and its window is closed."""
        script = "pxlaunch -n 3 --map-by node flood 40000000 | (sleep 13; wc -c)"  # this is the test
        done = self.start_program(["bash", "-c", "set -o pipefail; " + script]).finish(90)
        self.assertEqual((done.code, done.out, done.err), (0, b"120000000\n", b""), done)

    def test_input_to_one_and_to_all(self):
        data = os.urandom(20_000_000)
        line = b"%%d %d %08x" % (len(data), zlib.crc32(data))
        empty = b"%d 0 00000000"
        for to, wanted in (("2", [empty % 0, empty % 1, line % 2]), ("all", [line % rank for rank in range(3)])):
            done = self.expect(0, ["-n", "3", "--map-by", "node", "--stdin", to, "checksum"], stdin=data, timeout=60)
            self.assertEqual(sorted(done.out.splitlines()), wanted)

    def test_input_that_nobody_reads(self):
        self.expect(0, ["-n", "2", "true"], stdin=bytes(5_000_000))

    def test_a_terminal(self):
        done = self.expect(0, ["-n", "1", "--pty", "sh", "-c", "test -t 0 && test -t 1 && echo terminal"])
        self.assertEqual(done.out, b"terminal\r\n")
