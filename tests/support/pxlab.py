"""Tests on the nodes of tests/lab: a lab for each class, with a PRRTE DVM over its nodes; pxslurm has those with Slurm.

The programs are those of PX_LAB_BUILD/release/bin, which the nodes see at /build/release/bin; those of another KIND are
beside it, in the folder of its Debian suite; `tests/run KIND` builds them. Nodes that are images have their own. Processes on the nodes are processes of this
machine too: pxtest finds and counts them.
"""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import pxtest

LAB = pxtest.TREE / "tests/lab/lab"
BUILD = pathlib.Path(os.environ.get("PX_LAB_BUILD") or pxtest.TREE / "build/trixie")
NODE_BIN = "/build/release/bin"
KIND = os.environ.get("PX_LAB_KIND", "prrte")  # that PX_LAB_BUILD is for
SUITES = {"prrte": "trixie", "prrte5": "testing", "slurm": "trixie", "slurm22": "bookworm", "slurm26": "testing",
          "slurm-separated": "trixie", "slurm22-separated": "bookworm"}


def root(suite):
    """Where the Debian root of that suite is; it may have to be made."""
    done = subprocess.run([pxtest.TREE / "tests/lab/root", suite], check=True, timeout=900,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


class OnNode(pxtest.Running):
    """A pxlaunch on a node; between it and us there is only what entered the node."""

    def signal(self, number):
        alive = self.case.eventually("pxlaunch runs", lambda: self.case.processes("pxlaunch"))
        for process in alive:
            process.kill(number)
        if number == signal.SIGCONT:
            self.popen.send_signal(number)  # nsenter stops when what it runs does
        return self


def but_for_waiting(err):
    """Without what a pxlaunch says after 5 s in which others have its slots: on a busy machine it can take so long."""
    return re.sub(rb"pxlaunch: waiting: [^\n]+; --no-wait makes this an error\n", b"", err)


class LabCase(pxtest.Case):
    """Nodes n1, n2, ..., pxlaunch on n1, and a DVM with two slots on each, whose address is in PXLAUNCH_URI."""

    KIND = KIND
    PROGRAMS = NODE_BIN
    NODES = 3
    DVM = True
    LAB_ENV = {}  # what "lab up" is told besides

    @classmethod
    def setUpClass(cls):
        build = BUILD if cls.KIND == KIND else BUILD.parent / SUITES.get(cls.KIND, cls.KIND)
        if cls.PROGRAMS == NODE_BIN and not (build / "release/bin").exists():
            raise unittest.SkipTest(f"no programs for {cls.KIND} in {build}; 'tests/run {cls.KIND}' builds them")
        cls.lab_env = {**os.environ, **cls.LAB_ENV, "LAB": f"test.{os.getpid()}", "LAB_BUILD": str(build)}
        cls.lab("up", cls.KIND, str(cls.NODES))
        cls.addClassCleanup(cls.lab, "down")
        if cls.DVM:
            cls.start_dvm()

    @classmethod
    def lab(cls, *words, check=True, uid=1000, **options):
        settings = {"timeout": 120, "text": True, "capture_output": True, "stdin": subprocess.DEVNULL, **options}
        if settings.get("input"):
            del settings["stdin"]
        done = subprocess.run([LAB, *words], env={**cls.lab_env, "LAB_UID": str(uid)}, **settings)
        if check and done.returncode != 0:
            raise AssertionError(f"lab {words}: {done}")
        return done.stdout

    @classmethod
    def start_dvm(cls, *options):
        hosts = ",".join(f"n{i + 1}:2" for i in range(cls.NODES))
        cls.lab("exec", "n1", "prte", "--daemonize", "--no-ready-msg", "--report-uri", "uri", "--host", hosts,
                *options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, capture_output=False)
        end = time.monotonic() + 30
        while not cls.lab("exec", "n1", "sh", "-c", "cat uri 2>/dev/null || true").strip():
            assert time.monotonic() < end, "no DVM within 30 s"
            time.sleep(0.05)
        cls.uri = cls.lab("exec", "n1", "head", "-n", "1", "uri").strip()

    def setUp(self):
        super().setUp()
        shared = self.state() / "home/user"
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="t", dir=shared))  # here; over there it is self.node_home
        os.chown(self.home, 1000, 1000)
        self.node_home = f"/home/user/{self.home.name}"
        self.env = {"PATH": f"{self.PROGRAMS}:/usr/local/bin:/usr/bin:/usr/sbin", "PXTEST_ID": self.tag[10:],
                    "OMPI_MCA_btl_tcp_if_include": "10.71.0.0/24",
                    "OMPI_MCA_mpi_yield_when_idle": "1"}  # the nodes share the cores of this machine
        if hasattr(self, "uri"):
            self.env["PXLAUNCH_URI"] = "file:/home/user/uri"

    @classmethod
    def state(cls):
        return pathlib.Path("/run/pxlaunch-lab") / cls.lab_env["LAB"]

    @classmethod
    def add_second_user(cls):
        """Somebody else, uid 1001, who can log in on n1."""
        cls.lab("exec", "n1", "sh", "-c", "grep -q '^other:' /etc/passwd ||"
                " echo 'other:x:1001:1001::/:/bin/sh' >>/etc/passwd", uid=0)

    def start_program(self, argv, stdin=None, env=None, cwd=None, node="n1", uid=1000, **options):
        whole = {name: value for name, value in {**self.env, **(env or {})}.items() if value is not None}
        entries = [f"{name}={value}" for name, value in whole.items()]
        running = super().start_program(
            [str(LAB), "exec", node, "/usr/bin/env", "-C", cwd or self.node_home, *entries, *argv], stdin,
            env={**self.lab_env, "LAB_UID": str(uid)}, cwd="/", **options)
        running.__class__ = OnNode
        running.node = node
        return running

    def check_slots_are_free(self):
        """As soon as the DVM's head has heard of the end of the last shim: where jobs failed it may hear of it late."""
        free = ["pxlaunch", "-n", str(2 * self.NODES), "--map-by", "slot:nooversubscribe", "true"]
        self.eventually("the slots are free", lambda: self.start_program(free).finish(20).code == 0)

    def in_network(self, node, *command):
        """This machine's command in the node's network."""
        first = (self.state() / "nodes" / node).read_text().split()[0]
        subprocess.run(["nsenter", "-t", first, "-n", *command], check=True, stdin=subprocess.DEVNULL)

    def cut_off(self, verdict="reject with tcp reset"):
        """From now on no node can open a connection, but for one to the DVM itself."""
        port = self.uri.rpartition(":")[2]
        rules = ("add table inet cut; add chain inet cut out { type filter hook output priority 0; }; "
                 f"add rule inet cut out tcp flags & (syn|ack) == syn tcp dport != {port} {verdict}")
        for node in self.lab("hosts").split():
            self.in_network(node, "nft", rules)

    def nodes_pids(self, node):
        """The processes of a node, as this machine numbers them."""
        first = (self.state() / "nodes" / node).read_text().split()[0]
        space = os.readlink(f"/proc/{first}/ns/pid")
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    if os.readlink(f"/proc/{entry}/ns/pid") == space:
                        found.append(pxtest.Process(entry))
                except OSError:
                    pass  # it is gone
        return found
