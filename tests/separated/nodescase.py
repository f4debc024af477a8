"""Nodes with rootless podman: after each test no process and no container of a job is left on any of them."""
import os
import pathlib
import signal
import time

import pxlab
import pxtest

claims = pxtest.load(pxtest.TREE / "tests/containers/claims.py")

# A path that is in the image alone.
MPI = "/usr/local/bin/init_finalize"
IMAGE = ("--image", "k8s-mpi")
RIGHT_SIZE = b"6 processes, up to 2 per node, 3 nodes\n"


class Nodes:
    """For classes of tests, before LabCase or SlurmCase."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for node in cls.lab("hosts").split():
            cls.lab("exec", node, "podman", "info")  # starts the one process, which is no test's

    def setUp(self):
        super().setUp()
        self.before = self.those_of_now()

    def those_of_now(self):
        """The processes of all nodes."""
        return {node: {process.pid for process in self.nodes_pids(node)} for node in self.lab("hosts").split()}

    def check_clean(self, within=3):
        self.check_left(within)
        super().check_clean(0)

    def check_left(self, within):
        end = time.monotonic() + within * pxtest.SLOW
        while (left := self.left()) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(left, [], f"left behind after {within * pxtest.SLOW} s")
        for node in self.before:
            self.assertEqual(self.containers(node), [])

    def left(self):
        """Processes of a job on any node, the runtime's of that container included, and the files of its keeper."""
        return [(node, found) for node in self.before for found in (*self.of_jobs(node), *self.states(node).glob("*"))]

    def states(self, node):
        first = (self.state() / "nodes" / node).read_text().split()[0]
        return pathlib.Path(f"/proc/{first}/root/tmp/pxwrap-1000")

    def of_jobs(self, node):
        return [process for process in self.nodes_pids(node) if process.pid not in self.before[node]]

    def containers(self, node):
        """The images of those that there are."""
        return sorted(self.lab("exec", node, "podman", "ps", "--all", "--format", "{{.Image}}").split())

    def inside(self, node, name):
        """Ranks have the image's environment, and not the mark of the test."""
        return [process for process in self.nodes_pids(node) if process.name == name]

    def keeper(self, node):
        found, = [process for process in self.nodes_pids(node) if " --keep " in process.command and process.name != "conmon"]
        return found

    def sleepers(self, *options):
        """A job of a rank on each node, all of them inside."""
        running = self.start(["-N", "1", *options, *IMAGE, "sh", "-c", "echo in; exec sleep 600"])
        running.wait_for(b"in\n", count=3, timeout=40)
        self.eventually("they sleep", lambda: all(self.inside(node, "sleep") for node in ("n1", "n2", "n3")))
        return running

    def check_killed(self, running, code, words=b""):
        done = running.finish(30)
        self.assertEqual(done.code, code, done)
        self.assertIn(words, done.err)


class NodesCase(Nodes, pxlab.LabCase):
    KIND = "separated"
    PROGRAMS = "/usr/bin"


class InARank:
    """What a rank finds, for classes of both kinds of nodes."""

    def test_in_a_rank(self):
        script = "hostname; id -u; grep -E '^(Cap|NoNew)' /proc/self/status; readlink /proc/self/exe; echo out >/dev/stdout"
        done = self.expect(0, ["-N", "1", "--output", "%r.out", *IMAGE, "sh", "-c", script])
        for rank in range(3):
            host, uid, *rest = (self.home / f"{rank}.out").read_text().splitlines()
            self.assertEqual((host, uid), (f"n{rank + 1}", "1000"), done)
            self.assertEqual({line.split()[1] for line in rest[:5]}, {"0" * 16})
            self.assertEqual(rest[5:], ["NoNewPrivs:\t1", "/usr/bin/readlink", "out"])

    def test_words(self):
        """Byte for byte, to every node."""
        script = 'printf "%s\\0" "$MINE" "$SECRET" "$@"'
        self.expect(0, ["-N", "1", "--output", "%r.out", "-x", "MINE", *IMAGE, "sh", "-c", script, "sh", *claims.TORTURE],
                    env={"MINE": os.fsdecode(claims.VALUE), "SECRET": "s"})
        for rank in range(3):
            seen = (self.home / f"{rank}.out").read_bytes().split(b"\0")[:-1]
            self.assertEqual(seen, [claims.VALUE, b"", *claims.TORTURE])

    def test_sixteen_ranks_on_a_node(self):
        done = self.expect(0, ["-n", "16", "--oversubscribe", "--host", "n2", *IMAGE, MPI], timeout=60)
        self.assertTrue(done.out.startswith(b"16 processes, up to 16 per node, 1 node\n"), done)

    def test_ranks_of_a_node_read_each_others_memory(self):
        done = self.expect(0, ["-n", "2", "--host", "n2", *IMAGE, "peek", "."])
        self.assertEqual(len(done.out.splitlines()), 2, done)


class Ends:
    """How it ends is what it is without containers; for classes of both kinds of nodes."""

    def test_codes(self):
        for words, code in ((["0"], 0), (["0,7,0"], 7), (["0,SEGV"], 139), (["0,KILL", "0.2"], 137)):
            with self.subTest(words):
                self.expect(code, ["-N", "1", *IMAGE, "end_with", *words])

    def test_a_rank_is_killed(self):
        running = self.sleepers()
        self.inside("n2", "sleep")[0].kill()
        self.check_killed(running, 137, b"was killed by SIGKILL")

    def test_pxlaunch_is_killed(self):
        self.may_leave_files = True
        self.check_killed(self.sleepers().signal(signal.SIGKILL), -signal.SIGKILL)

    def test_a_keeper_is_killed(self):
        """Ranks do not need it; the container goes, and they end by themselves."""
        running = self.sleepers()
        self.keeper("n2").kill()
        self.eventually("the container is gone", lambda: self.containers("n2") == [], timeout=3)
        self.assertEqual(len(self.inside("n2", "sleep")), 1)
        self.check_killed(running.signal(signal.SIGTERM), 143)
        left, = self.states("n2").glob("*")
        left.unlink()  # it was the keeper's to remove
