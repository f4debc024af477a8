"""The same on three nodes of a Slurm 24.11 job, whose ranks are slurmd's: by the bridge."""
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


class _Applications(images.Applications, nodescase.Nodes, pxslurm.SlurmCase):
    KIND = "slurm-separated"

    def batch(self, script):
        batch = self.sbatch(["-N3", "--ntasks-per-node=2"], script)
        self.assertEqual(batch.finish(90).code, 0, batch.now())
        return batch


class FromTheRec(_Applications):  # ctest: serial timeout=180
    def run_there(self, image, command):
        return self.batch(command.replace("pxlaunch", f"pxlaunch --image {image}", 1) + "\n")


class FromTheApp(_Applications):  # ctest: serial timeout=240
    """A script inside the APP, whose ranks are steps of srun."""

    def run_there(self, image, command):
        (self.home / "inside.sh").write_text(f"#!/bin/sh\n{images.NO_REC}{command}\n")
        (self.home / "inside.sh").chmod(0o755)
        mpi = " ".join(f"-x {name}" for name in self.env if name.startswith("OMPI_"))
        return self.batch(f"export SECRET=s\necho $SLURM_PROCID >batch\npxrec run --image {image} {mpi} -- ./inside.sh\n")

    def test_environment_goes_by_origin(self):
        (self.home / "env.sh").write_text("export MINE='a b;\n*'\n")
        done = self.run_there("k8s-mpi", "echo script $SLURM_PROCID $SLURM_JOB_ID $SECRET\n. ./env.sh\n"
                              "pxlaunch -N 2 sh -c 'echo \"$MINE|$SECRET\"'")
        self.assertEqual((self.home / "batch").read_text(), "0\n")
        self.assertEqual((done.out, done.err), (b"script\n" + 6 * b"a b;\n*|\n", b""), done.now())


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
