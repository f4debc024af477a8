"""A batch script with nothing but pxlaunch in it: its first one starts the allocation's server, the bridge to srun."""
import json
import signal
import time

import pxslurm


class Scripts(pxslurm.SlurmCase):  # ctest: serial timeout=360
    CPUS = "1x2x1"

    def setUp(self):
        super().setUp()
        self.may_leave_files = True  # a server is there for two seconds more

    def run_script(self, script, options=("-N3", "-n6")):
        return self.sbatch(list(options), script).finish(60)

    def test_in_pxrec_run(self):
        done = self.run_script("pxrec run -- sh -c 'pxlaunch -n 1 true && pxlaunch -N 1 hostname | sort'\n")
        self.assertEqual((done.code, done.out), (0, b"n1\nn2\nn3\n"), done)

    def test_within_a_step(self):
        """The user's step survives the crash of a pxlaunch in it."""
        done = self.run_script(pxslurm.CRASH_IN_A_STEP)
        self.assertEqual(sorted(done.out.splitlines()), pxslurm.SURVIVED, done)

    def test_within_a_step_that_does_not_overlap(self):
        done = self.run_script("srun -N1 -n1 pxlaunch --start-timeout 10 -N 1 hostname; echo status $?\n")
        self.assertEqual(sorted(done.out.splitlines()), [b"n1", b"n2", b"n3", b"status 0"], done)

    def test_srun_does_not_start_it_in_time(self):
        (self.home / "srun").write_text("#!/bin/sh\ncase $* in *--mpi=list*) exec /usr/bin/srun --mpi=list; esac\n"
                                        "echo 'srun: error: nobody answers' >&2; exec sleep 600\n")
        (self.home / "srun").chmod(0o755)
        begin = time.monotonic()
        done = self.run_script("PATH=$PWD:$PATH pxlaunch --start-timeout 5 -N 1 true; echo status $?\n")
        self.assertEqual(done.out, b"status 125\n", done)
        self.assertIn(b"pxlaunch: error: srun did not start the job within 5 s: nobody answers\n"
                      b"pxlaunch: hint: --start-timeout allows it more time; ", done.err)
        self.assertLess(time.monotonic() - begin, 40)

    def test_with_pxrec_up(self):
        """Which method it takes by itself."""
        done = self.run_script("pxrec up && pxlaunch -N 1 hostname | sort && pxrec down >down\n")
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertRegex(done.out, rb"^pxrec: serving 6 cores of n1,n2,n3 with srun \(pid \d+\)\nn1\nn2\nn3\n$")

    def test_twenty_at_once_start_one_server(self):
        done = self.run_script("for i in $(seq 20); do pxlaunch -n 1 echo ran & all=\"$all $!\"; done\n"
                               "for one in $all; do wait $one || echo wrong $?; done; pgrep -c -x pxrec\n")
        self.assertEqual(done.out, b"ran\n" * 20 + b"1\n", done)

    def test_the_accounting_has_a_step_for_each_job(self):
        """How a rank ended is in the script's status: its shim has reported it, and so has done its work."""
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -n 3 true\npxlaunch -n 2 end_with 7\n")
        self.assertEqual(batch.finish(60).code, 7)
        self.check_accounting(batch.id, job=("FAILED", "7:0"), batch=("FAILED", "7:0"),
                              step0=("true", "3", "COMPLETED", "0:0"), step1=("end_with", "2", "COMPLETED", "0:0"))

    def test_the_job_is_cancelled(self):
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'\n")
        batch.wait_for(b"asleep", count=3)
        done = batch.cancel().finish(30)
        self.assertEqual(batch.state(), "CANCELLED")
        self.assertRegex(done.err, pxslurm.CANCELLED % 3)
        self.check_accounting(batch.id, job=("CANCELLED by 1000",), step0=("sh", "3"))

    def test_slurm_tells_the_ranks_to_end(self):
        """As with srun they have until Slurm's own KILL, and who ends with 0 until then has succeeded. A time limit is this,
        with a KILL after KillWait."""
        for then, status in (("exit 0", 0), ("exit 3", 125), ("trap - TERM; kill $$", 125)):
            save = f"trap \"for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; echo saved; {then}\" TERM"
            batch = self.sbatch(["-N3", "-n6"], f"pxlaunch -N 1 sh -c '{save}; echo ready; while :; do sleep 0.1; done'\n"
                                                "echo status $?\n").wait_for(b"ready", count=3)
            done = batch.cancel("--signal=TERM").finish(30)
            self.assertEqual(done.out.decode().split("\n"), ["ready"] * 3 + ["saved"] * 3 + [f"status {status}", ""], done)
            if status:
                self.assertIn(b"pxlaunch: error: Slurm ended the job's ", done.err)

    def test_ranks_save_while_their_job_is_cancelled(self):
        """Slurm tells pxlaunch and pxrec, too; they are not in the ranks' way."""
        save = "trap \"for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; touch saved.$PXLAUNCH_RANK; exit 0\" TERM"
        batch = self.sbatch(["-N3", "-n6"], f"pxlaunch -N 1 sh -c '{save}; echo ready; while :; do sleep 0.1; done'\n")
        batch.wait_for(b"ready", count=3).cancel().finish(30)
        self.eventually("all have saved", lambda: len(list(self.home.glob("saved.*"))) == 3, 10)
        self.eventually("nothing is left", lambda: not self.of_ours(), 20)

    def test_ranks_that_do_not_end_are_killed_with_their_job(self):
        script = "pxlaunch -N 1 sh -c 'trap \"echo no\" TERM; echo ready; while :; do sleep 0.1; done'\n"
        for who in ("", "pxrec", "pxlaunch"):
            batch = self.sbatch(["-N3", "-n6"], script).wait_for(b"ready", count=3)
            batch.cancel("--signal=TERM").wait_for(b"no", count=3)
            for process in self.processes(who) if who else ():
                process.kill()
            if not who:
                batch.cancel()
            batch.finish(30)
            self.eventually("nothing is left", lambda: not self.of_ours(), 10)

    def test_a_step_is_cancelled(self):
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'; echo status $?\n"
                            "pxlaunch -n 2 echo next\n").wait_for(b"asleep", count=3)
        done = batch.cancel(step=0).finish(30)
        self.assertEqual((done.code, done.out), (0, b"asleep\n" * 3 + b"status 125\n" + b"next\n" * 2), done)
        self.assertIn(b"pxlaunch: error: Slurm ended the job's step: ", done.err)
        self.assertIn(b"pxlaunch: hint: somebody cancelled it, ", done.err)
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=("sh", "3"),
                              step1=("echo", "2", "COMPLETED", "0:0"))

    def test_the_server_is_killed(self):
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'; echo status $?\n")
        batch.wait_for(b"asleep", count=3)
        for process in self.processes("pxrec"):
            process.kill(signal.SIGKILL)
        done = batch.finish(30)
        self.assertIn(b"status 125", done.out, done)
        self.assertIn(b"pxlaunch: error: lost the runtime while 3 processes were running\n", done.err, done)
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=("sh", "3"))

    def test_a_program_that_speaks_another_pmi(self):
        done = self.run_script("pxlaunch -n 2 init_finalize_mpich; echo status $?\n")
        self.assertIn(b"status 125", done.out, done)
        self.assertIn(b"asks for PMI-1", done.err, done)


class Lost(pxslurm.SlurmCase):  # ctest: serial timeout=120 not22
    CPUS = "1x2x1"

    def test_a_slurmd_is_killed(self):
        """Slurm needs SlurmdTimeout to find it, and ends the job; what still runs on that node is ended by us."""
        self.may_leave_files = True
        batch = self.sbatch(["-N3", "-n6"], "pxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'\n")
        batch.wait_for(b"asleep", count=3)
        self.kill_slurmd("n3")
        batch.finish(60)
        self.assertEqual(batch.state(), "NODE_FAIL")
        self.assertRegex(batch.err, pxslurm.CANCELLED % 3)
        self.check_accounting(batch.id, job=("NODE_FAIL",), step0=("sh", "3"))
        self.eventually("nothing is left", lambda: not self.of_ours(), 10)


class Wide(pxslurm.SlurmCase):  # ctest: serial timeout=60
    """Nodes of more cores than this machine has: what was asked for counts. Not by a DVM, because prte counts the real cores
    of a node, and these are too few for eight each: test_dvm.Asked has the same with two."""

    CPUS = "1x64x1"

    def check(self, options, placed, lines):
        self.may_leave_files = True
        done = self.sbatch(["-N2", *options], f"pxlaunch --display bind --json {placed} "
                           "sh -c 'echo $(hostname) $OMP_NUM_THREADS'\n").finish(60)
        self.assertEqual((done.code, sorted(done.out.splitlines())), (0, lines), done)
        self.check_cores(json.loads(done.err))

    def check_cores(self, layout):
        """Each rank has eight cores that no other has; here a core has one thread."""
        taken = set()
        for rank in layout["ranks"]:
            cores = {(rank["node"], core) for part in rank["cpus"].split(",")
                     for first, _, last in [part.partition("-")] for core in range(int(first), int(last or first) + 1)}
            self.assertEqual(len(cores), 8, rank)
            self.assertFalse(cores & taken, layout)
            taken |= cores

    def test_ranks_and_cores_as_asked(self):
        self.check(["--ntasks-per-node=8", "-c", "8"], "", [b"n1 8"] * 8 + [b"n2 8"] * 8)

    def test_more_of_each_package(self):
        self.check(["--exclusive"], "-n 4 --map-by ppr:2:package -c 8", [b"n1 8"] * 2 + [b"n2 8"] * 2)


class Shares(pxslurm.SlurmCase):  # ctest: serial timeout=120
    """Two jobs of one user, each with a part of the same nodes."""

    CPUS = "1x2x1"

    def setUp(self):
        super().setUp()
        self.may_leave_files = True

    def test_each_has_its_own_cores(self):
        script = ("pxlaunch --rec srun -N 1 sh -c 'echo $(hostname) $(taskset -cp $$ | sed s/.*://)' | sort\n"
                  "touch here.$SLURM_JOB_ID; until [ $(ls here.* | wc -l) = 2 ]; do sleep 0.1; done\n")
        jobs = [self.sbatch(["-w", "n1,n2", "-N2", "-n2"], script) for _ in range(2)]
        one, other = (job.finish(60).out.splitlines() for job in jobs)
        self.assertEqual([len(one), len(other)], [2, 2])
        self.assertEqual(set(one) & set(other), set())
