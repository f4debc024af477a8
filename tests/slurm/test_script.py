"""A batch script with nothing but pxlaunch in it: its first one starts the allocation's server, the bridge to srun."""
import os
import signal

import pxslurm


class Scripts(pxslurm.SlurmCase):  # ctest: serial timeout=240
    def setUp(self):
        super().setUp()
        self.may_leave_files = True  # a server is there for two seconds more

    def run_script(self, script, options=("-N3", "-n6")):
        return self.sbatch(list(options), script).finish(60)

    def test_in_pxrec_run(self):
        done = self.run_script("pxrec run -- sh -c 'pxlaunch -n 1 true && pxlaunch -N 1 hostname | sort'\n")
        self.assertEqual((done.code, done.out), (0, b"n1\nn2\nn3\n"), done)

    def test_the_accounting_has_a_step_for_each_job(self):
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -n 3 true\npxlaunch -n 2 end_with 7\n")
        self.assertEqual(batch.finish(60).code, 7)
        steps = self.steps(batch.id)
        self.assertEqual([(step["JobName"], step["NTasks"]) for number, step in sorted(steps.items()) if number.isdigit()],
                         [("true", "3"), ("end_with", "2")])

    def test_the_job_is_cancelled(self):
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'\n")
        batch.wait_for(b"asleep", count=3)
        batch.cancel().finish(30)
        self.assertEqual(batch.state(), "CANCELLED")

    def test_the_server_is_killed(self):
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'; echo status $?\n")
        batch.wait_for(b"asleep", count=3)
        for process in self.processes("pxrec"):
            process.kill(signal.SIGKILL)
        done = batch.finish(30)
        self.assertIn(b"status 125", done.out, done)
        self.assertIn(b"lost the runtime", done.err, done)

    def test_a_program_that_speaks_another_pmi(self):
        done = self.run_script("pxlaunch -n 2 init_finalize_mpich; echo status $?\n")
        self.assertIn(b"status 125", done.out, done)
        self.assertIn(b"asks for PMI-1", done.err, done)


class Shares(pxslurm.SlurmCase):  # ctest: serial timeout=120
    """Two jobs of one user, each with a part of the same nodes."""

    def setUp(self):
        super().setUp()
        self.may_leave_files = True

    def test_each_has_its_own_cores(self):
        script = ("pxlaunch --rec srun -N 1 sh -c 'echo $(hostname) $(taskset -cp $$ | sed s/.*://)' | sort\n"
                  "touch here.$SLURM_JOB_ID; until [ $(ls here.* | wc -l) = 2 ]; do sleep 0.1; done\n")
        jobs = [self.sbatch(["-w", "n1,n2", "-N2", "-n2"], script) for _ in range(2)]
        one, other = (job.finish(60).out.splitlines() for job in jobs)
        self.assertEqual([len(one), len(other)], [2, 2])
        if os.cpu_count() > 1:
            self.assertEqual(set(one) & set(other), set())
