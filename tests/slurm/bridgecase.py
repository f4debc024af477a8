"""Tests of the bridge: one pxrec with method srun for each class, in a Slurm job on all nodes; pxlaunch runs on n1."""
import time

import pxslurm
import pxtest

SCRIPT = """#!/bin/bash
pxrec up --rec srun && pxrec env >env.new && mv env.new env && exec sleep 1000
"""


class BridgeCase(pxslurm.SlurmCase):
    CPUS = "1x2x1"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_server()

    @classmethod
    def start_server(cls):
        shared = cls.state() / "home/user"
        (shared / "serve.sh").write_text(SCRIPT)
        cls.number = cls.lab("exec", "head", "env", "-C", "/home/user", "PATH=/build/release/bin:/usr/bin", "sbatch",
                             "--parsable", f"-N{cls.NODES}", "--exclusive", "-o", "serve.log", "serve.sh").strip()
        end = time.monotonic() + 30
        while not (shared / "env").exists():
            assert time.monotonic() < end, pxtest.read_bytes(shared / "serve.log")
            time.sleep(0.05)
        for line in (shared / "env").read_text().splitlines():
            if line.startswith("export PXLAUNCH_URI="):
                cls.address = line.partition("=")[2].strip("'\"")

    def setUp(self):
        super().setUp()
        self.env["PXLAUNCH_URI"] = self.address

    def empty_queue(self):
        """The class's own job stays."""

    def check_clean(self, within=2):
        pxtest.Case.check_clean(self, within)
        self.eventually("no step is left", lambda: not self.open_steps(), 10)
        # pxrec's, which is not the test's: so they do not carry its mark
        self.eventually("no srun and no shim is left", lambda: not self.of_ours(("srun", "pxwrap")), 10)

    def open_steps(self):
        listed = self.slurm("squeue", "-s", "-h", "-o", "%i").split()
        return [step for step in listed if not step.endswith((".batch", ".extern"))]

