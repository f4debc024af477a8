"""The Slurm lab itself: what other tests of Slurm take for granted."""
import signal

import pxslurm

SLEEPER = "sh -c 'echo asleep; exec sleep 1000'"


class Jobs(pxslurm.SlurmCase):  # ctest: serial timeout=120
    CPUS = "1x2x1"

    def test_a_script_says_where_it_runs_and_how_it_ended(self):
        batch = self.sbatch(["-N2", "-n4"], "hostname; echo wrong >&2; exit 7\n")
        done = batch.finish()
        self.assertEqual((done.code, done.out, done.err), (7, b"n1\n", b"wrong\n"))
        self.assertEqual(batch.state(), "FAILED")

    def test_a_script_that_a_signal_ends(self):
        self.assertEqual(self.sbatch([], "kill -SEGV $$\n").finish().code, -11)

    def test_a_script_has_the_environment_of_who_submits_it(self):
        done = self.sbatch([], "echo $MINE; command -v pxlaunch\n", env={"MINE": "a,b"}).finish()
        self.assertEqual(done.out, b"a,b\n/build/release/bin/pxlaunch\n")

    def test_salloc_runs_its_program_on_the_head(self):
        done = self.salloc(["-N2"], ["sh", "-c", "hostname; srun -n2 hostname | sort; exit 3"]).finish()
        self.assertEqual((done.code, done.out, done.err), (3, b"head\nn1\nn2\n", b""))

    def test_a_job_gets_the_nodes_of_the_one_before(self):
        """Even where Slurm has not cleaned up on all of them when it is submitted."""
        before = self.sbatch(["-N2"], f"srun {SLEEPER}\n").wait_for(b"asleep", count=2)
        held = [process for process in self.nodes_pids("n2") if process.name == "slurmstepd"]
        for process in held:
            process.kill(signal.SIGSTOP)
            self.addCleanup(process.kill, signal.SIGCONT)
        before.cancel()
        self.eventually("all but n2 are clean", lambda: "n[1,3] idle\n" in self.slurm("sinfo", "-h", "-o", "%N %t"))
        after = self.salloc(["-N2"], ["sh", "-c", "echo $SLURM_JOB_NODELIST"])
        self.eventually("it is submitted", lambda: len(self.queue()) == 2 or after.out)
        for process in held:
            process.kill(signal.SIGCONT)
        self.assertEqual(after.finish().out, b"n[1-2]\n")

    def test_a_program_on_a_node_has_no_job(self):
        done = self.start_program(["sh", "-c", "hostname; env | grep -c ^SLURM_"], node="n2").finish()
        self.assertEqual(done.out, b"n2\n0\n")

    def test_a_pmix_step_over_three_nodes(self):
        done = self.salloc(["-N3"], ["srun", "--mpi=pmix", "init_finalize"]).finish()
        self.assertEqual(done.code, 0, done)
        self.assertIn(b"3 processes, up to 1 per node, 3 nodes\n", done.out)

    def test_two_jobs_share_a_node_and_no_core(self):
        """Each ends only when it has seen the other."""
        script = ("srun grep Cpus_allowed_list: /proc/self/status; hostname; touch here.$SLURM_JOB_ID\n"
                  "until [ $(ls here.* | wc -l) = 2 ]; do sleep 0.1; done\n")
        jobs = [self.sbatch(["-w", "n1", "-n1"], script) for _ in range(2)]
        (one, first), (other, second) = (job.finish().out.splitlines() for job in jobs)
        self.assertEqual((first, second), (b"n1", b"n1"))
        self.assertNotEqual(one, other)

    def test_a_job_that_is_cancelled(self):
        batch = self.sbatch(["-N3"], f"srun {SLEEPER}\n").wait_for(b"asleep", count=3)
        self.eventually("three are asleep", lambda: len(self.processes("sleep")) == 3)
        done = batch.cancel().finish()
        self.assertEqual((batch.state(), done.out), ("CANCELLED", b"asleep\n" * 3))
        self.check_clean()

    def test_a_step_that_is_cancelled(self):
        batch = self.sbatch(["-N3"], f"srun {SLEEPER}; echo status $?\n").wait_for(b"asleep", count=3)
        done = batch.cancel(step=0).finish()
        self.assertEqual((done.code, done.out), (0, b"asleep\n" * 3 + b"status 137\n"), done)

    def test_the_accounting_has_every_step(self):
        batch = self.sbatch(["-N3"], "srun -N2 true\nsrun -n3 sh -c 'exit $SLURM_PROCID'\n")
        self.assertEqual(batch.finish().code, 2)
        steps = self.steps(batch.id)
        self.assertEqual(sorted(steps), ["", "0", "1", "batch"])
        ends = [[steps[step][field] for field in ("State", "ExitCode", "NTasks")] for step in ("0", "1")]
        self.assertEqual(ends, [["COMPLETED", "0:0", "2"], ["FAILED", "2:0", "3"]])


class Shape(pxslurm.SlurmCase):  # ctest: serial timeout=60
    """Nodes of more cores than this machine has; what is bound is bound to real ones all the same."""

    CPUS = "2x2x2"

    def test_of_the_nodes(self):
        self.assertEqual(self.slurm("sinfo", "-h", "-o", "%D %c %z").split(), ["3", "8", "2:2:2"])

    def test_of_a_job(self):
        options = ["-N2", "--ntasks-per-node=2", "-c4"]
        script = "echo $SLURM_JOB_CPUS_PER_NODE $SLURM_CPUS_PER_TASK; srun -l -c4 sh -c 'echo $(hostname)'\n"
        done = self.sbatch(options, script).finish()
        self.assertEqual(sorted(done.out.splitlines()), [b"0: n1", b"1: n1", b"2: n2", b"3: n2", b"8(x2) 4"])


class Daemon(pxslurm.SlurmCase):  # ctest: serial timeout=60
    def test_killed_and_started_again(self):
        """The step survives its node's slurmd, and ends with the job when there is one again."""
        batch = self.sbatch(["-N3"], f"srun {SLEEPER}\n").wait_for(b"asleep", count=3)
        self.kill_slurmd("n3")
        self.start_slurmd("n3")
        batch.cancel().finish()
        self.check_clean()


class Away(pxslurm.SlurmCase):  # ctest: serial timeout=60
    """A place on the nodes as a container is: it shares the network and /home, and has nothing of Slurm's."""

    AWAY = True

    def test_has_nothing_of_slurm(self):
        script = f"{pxslurm.GO_AWAY} sh -c 'id -u; hostname; ls /etc/slurm /run/munge; command -v srun'\n"
        done = self.sbatch(["-n1", "-w", "n2"], script).finish()
        self.assertEqual(done.out, b"1000\nn2\n")
        self.assertEqual(done.err.count(b"No such file"), 2, done)

    def test_our_programs_run_there(self):
        done = self.sbatch([], f"{pxslurm.GO_AWAY} pxlaunch --rec local -n 2 init_finalize\n").finish()
        self.assertEqual(done.code, 0, done)
        self.assertIn(b"2 processes, up to 2 per node, 1 node\n", done.out)


class Power(pxslurm.SlurmCase):  # ctest: serial timeout=120
    def test_of_a_node_fails(self):
        """Slurm notices within SlurmdTimeout, ends the job everywhere, and does not start it again."""
        batch = self.sbatch(["-N3"], f"srun {SLEEPER}; sleep 1000\n").wait_for(b"asleep", count=3)
        self.lab("kill", "n3")
        batch.finish(60)
        self.assertEqual(batch.state(), "NODE_FAIL")
        self.check_clean()
