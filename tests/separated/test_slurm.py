"""The same on three nodes of a Slurm job, whose ranks are slurmd's: by the bridge. Slurm is 24.11 but where it is said."""
import os
import shlex

import nodescase
import pxslurm
import pxtest
from nodescase import RIGHT_SIZE

images = pxtest.load(pxtest.TREE / "tests/separated/test_images.py")
bridgecase = pxtest.load(pxtest.TREE / "tests/slurm/bridgecase.py")

SCRIPT = """
pxlaunch -N 2 --image k8s-mpi init_finalize
pxlaunch -N 1 --image k8s-mpi sh -c 'echo mpi; until [ -e both ]; do sleep 0.1; done' &
pxlaunch -N 1 --image k8s-static /bin/end_with 5 600 &
"""

# What the REC has, of which no rank and no script inside the APP may have anything.
BATCH = "export SECRET=s LD_LIBRARY_PATH=/rec\necho $SLURM_PROCID $SECRET $LD_LIBRARY_PATH >batch\n"
STEP = "pxwrap"
OTHERS = "pxlaunch -N 1 --image k8s-static /bin/end_with 0\npxlaunch -N 1 --no-container sh -c 'command -v podman'"


class Script(nodescase.Nodes, pxslurm.SlurmCase):  # ctest: serial timeout=120
    KIND = "slurm-separated"

    def test_mpi_and_images_at_once(self):
        batch = self.sbatch(["-N3", "--exclusive"], SCRIPT + "wait -n; kill %1; wait -n; echo $?")
        batch.wait_for(b"mpi\n", count=3, timeout=60).wait_for(b"ends with", count=3, timeout=60)
        self.assertTrue(batch.out.startswith(RIGHT_SIZE), batch.now())
        for node in ("n1", "n2", "n3"):
            self.assertEqual(self.containers(node), ["localhost/k8s-mpi:latest", "localhost/k8s-static:latest"])
        self.inside("n2", "end_with")[0].kill()
        self.assertEqual(batch.finish().code, 0, batch.now())
        self.assertTrue(batch.out.endswith(b"\n143\n"), batch.now())


class _Batches(nodescase.Nodes, pxslurm.SlurmCase):
    KIND = "slurm-separated"

    def batch(self, script):
        """Whose one job is a step of six tasks: it was srun that started the ranks."""
        batch = self.sbatch(["-N3", "--ntasks-per-node=2"], BATCH + script)
        self.assertEqual(batch.finish(90).code, 0, batch.now())
        self.assertEqual((self.home / "batch").read_text(), "0 s /rec\n")
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=(STEP, "6", "COMPLETED", "0:0"))
        return batch


class FromTheRec(images.Applications, _Batches):  # ctest: serial timeout=240
    def run_there(self, image, command):
        return self.batch(command.replace("pxlaunch", f"pxlaunch --image {image}", 1) + "\n")

    def test_nothing_of_the_batch_script_reaches_a_rank(self):
        done = self.run_there("k8s-mpi", f"pxlaunch -N 2 {images.SEEN}")
        self.assertEqual((done.out, done.err), (b"|||%b\n" % images.PATH * 6, b""), done.now())


class _Scripts(_Batches):
    """A script inside the APP, whose ranks are steps of srun."""

    def rec_run(self, image, script):
        (self.home / "inside.sh").write_text(f"#!/bin/sh\n{script}\n")
        (self.home / "inside.sh").chmod(0o755)
        mpi = " ".join(f"-x {name}" for name in self.env if name.startswith("OMPI_"))
        return f"pxrec run --image {image} {mpi} -- ./inside.sh\n"

    def run_there(self, image, command):
        return self.batch(self.rec_run(image, images.NO_REC + command))


class FromTheApp(images.Applications, _Scripts):  # ctest: serial timeout=300
    def test_environment_goes_by_origin(self):
        (self.home / "env.sh").write_text("export MINE='a b;\n*' PATH=/mine:$PATH\n")
        done = self.run_there("k8s-mpi", f"echo script $SLURM_PROCID $SLURM_JOB_ID $SECRET\n. ./env.sh\npxlaunch -N 2 {images.SEEN}")
        self.assertEqual((done.out, done.err), (b"script\n" + b"|||/mine:/.pxlaunch:%b\n" % images.PATH * 6, b""), done.now())
        done = self.run_there("k8s-mpi", ". ./env.sh\npxlaunch -N 2 sh -c 'echo \"$MINE\"'")
        self.assertEqual(done.out, b"a b;\n*\n" * 6, done.now())


class InTheApp(_Scripts):  # ctest: serial timeout=240
    def test_other_images(self):
        batch = self.sbatch(["-N3", "--ntasks-per-node=2"], self.rec_run("k8s-mpi", OTHERS))
        done = batch.finish(60)
        self.assertEqual((done.code, done.out.count(b"/usr/bin/podman\n")), (0, 3), batch.now())
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=(STEP, "3"), step1=(STEP, "3"))

    def test_whoever_is_killed(self):
        """Nothing is left 3 s later, while the batch script still runs. It reads its cues from a pipe, by no process more.
        srun goes with its helper: alone, that has Slurm kill the step's every process, and podman's books keep what these removed."""
        fifo = self.home / "cues"
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        cues = os.open(fifo, os.O_RDWR)  # so the script waits for none to open it
        self.addCleanup(os.close, cues)
        for victim, code in (("pxrec", 137), ("pxlaunch", 137), ("inside.sh", 137), ("srun", 125)):
            with self.subTest(victim):
                self.kill_one(victim, code, cues)

    def kill_one(self, victim, code, cues):
        run = self.rec_run("k8s-mpi", "pxlaunch -N 1 sh -c 'echo in; exec sleep 600'")
        batch = self.sbatch(["-N3", "--ntasks-per-node=2"], f"echo ready; read _ <cues\n{run}echo status $?; read _ <cues\n")
        batch.wait_for(b"ready\n")
        before, self.before = self.before, self.those_of_now()
        os.write(cues, b"\n")
        batch.wait_for(b"in\n", count=3, timeout=40)
        for process in self.inside("n1", victim):
            process.kill()
        batch.wait_for(b"status ", timeout=30)
        self.check_left(3)
        self.before = before
        os.write(cues, b"\n")
        self.assertEqual(batch.finish().out, b"ready\n" + b"in\n" * 3 + b"status %d\n" % code, batch.now())


class OlderServer(_Batches):  # ctest: serial timeout=120
    """Slurm 22.05: a server of OpenPMIx 4.2.2, and clients of 5.0.7 in the containers."""

    KIND = "slurm22-separated"

    def test_a_newer_mpi(self):
        batch = self.batch(f"pxlaunch -N 2 --image k8s-mpi sh -c {shlex.quote(f'{images.ITS_MPI}; exec {images.MPI}')}\n")
        self.assertEqual(batch.out.count(RIGHT_SIZE), 1, batch.now())
        self.assertEqual(batch.out.count(b"5.0."), 6, batch.now())


class Bridge(nodescase.InARank, nodescase.Ends, nodescase.Nodes, bridgecase.BridgeCase):  # ctest: serial timeout=180
    KIND = "slurm-separated"


class Daemons(nodescase.Nodes, bridgecase.BridgeCase):  # ctest: serial timeout=90
    KIND = "slurm-separated"

    def open_steps(self):
        return []  # Slurm itself keeps a step whose daemons were killed

    def test_one_is_killed(self):
        running = self.sleepers()
        for process in self.nodes_pids("n2"):
            if process.name == "slurmstepd":
                process.kill()
        done = running.finish(30)
        words = {125: b"pxlaunch: error: the runtime ended rank 1 on n2\n",
                 137: b"pxlaunch: rank 1 on n2 was killed by "}  # where its end came first
        self.assertIn(done.code, words, done)
        self.assertIn(words[done.code], done.err)
