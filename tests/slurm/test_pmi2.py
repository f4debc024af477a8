"""A script in a place that has nothing of Slurm's but the descriptor of PMI-2 that a task of `srun --mpi=pmi2` inherits:
--rec pmi2 has Slurm itself start srun on the host side."""
import pathlib
import signal

import pxslurm
import pxtest

TASK = "srun --mpi=pmi2 -N1 -n1 " + pxslurm.GO_AWAY + " env -C $HOME"
# Also one that the engine has closed descriptors for.
CLOSED = "srun --mpi=pmi2 -N1 -n1 bash -c 'eval \"exec $PMI_FD>&-\"; exec \"$@\"' sh " + pxslurm.GO_AWAY + " env -C $HOME"
SLEEP = "#!/bin/sh\npxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'\necho status $?\n"
ODD = 'a b,c,;c=d;"e" \'f\'\n$g\\h;'


class Task(pxslurm.SlurmCase):  # ctest: serial timeout=240
    AWAY = True

    def setUp(self):
        super().setUp()
        self.may_leave_files = True  # a server is there for two seconds more
        self.file("same.sh", "#!/bin/bash\npxlaunch -N 2 init_finalize\n")
        self.file("sleep.sh", SLEEP)

    def file(self, name, text):
        (self.home / name).write_text(text)
        (self.home / name).chmod(0o755)

    def submit(self, command, rec="pmi2", task=TASK, env=None):
        settings = {"HOME": self.node_home, "PXLAUNCH_REC": rec, **(env or {})}
        return self.sbatch(["-N3", "-n6"], f"{task} {command}\n", env=settings)

    def run_there(self, command, **more):
        return self.submit(command, **more).finish(90)

    def errands(self):
        return [process for process in self.processes("pxwrap") if process.command.endswith("--errand")]

    def check_nothing_is_left(self):
        for name in ("sleep", "srun", "pxwrap"):
            self.eventually(f"no {name} is left", lambda name=name: not self.processes(name))

    def test_six_ranks_on_three_nodes(self):
        self.file("bare.sh", "#!/bin/sh\n! test -e /usr/bin/srun && ! test -e /etc/slurm/slurm.conf && exec ./same.sh\n")
        done = self.run_there("./bare.sh")
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertIn(b"6 processes, up to 2 per node, 3 nodes\n", done.out)

    def test_many_jobs_and_servers_in_one_task(self):
        """The second server greets Slurm no more, which would hang up."""
        self.file("many.sh", "#!/bin/sh\nset -e\nfor i in 1 2; do\n"
                  "    for j in 1 2 3 4; do pxlaunch -n 1 echo one & done; wait\n    pxrec down\ndone\n"
                  "pxrec run --rec pmi2 -- sh -c 'pxlaunch -N 1 hostname | sort'\n")
        done = self.run_there("./many.sh")
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertEqual(done.out.count(b"one\n"), 8)
        self.assertTrue(done.out.endswith(b"n1\nn2\nn3\n"), done)

    def test_servers_that_start_at_once_in_one_task(self):
        """Slurm's answer to one wakes all of them, and only one of them reads it."""
        self.file("atonce.sh", "#!/bin/sh\nfor i in 1 2 3 4; do\n"
                  "    pxrec run --rec pmi2 -- pxlaunch -n 1 echo one &\n    set -- \"$@\" $!\ndone\n"
                  "for child; do wait $child || echo status $?; done\n")
        done = self.run_there("./atonce.sh")
        self.assertEqual((done.code, done.err, done.out), (0, b"", b"one\n" * 4), done)

    def test_the_status_of_the_rank_that_caused_it(self):
        done = self.run_there("pxlaunch -n 3 --map-by node sh -c 'test $PXLAUNCH_RANK != 2 && exec sleep 60; exit 5'")
        self.assertEqual(done.code, 5, done)
        self.assertIn(b"rank 2 on n3 exited with status 5", done.err)

    def test_arguments_and_environment_byte_for_byte(self):
        self.file("bytes.sh", "#!/bin/bash\npxlaunch -n 2 --map-by node --tag sh -c 'printf \"<%s|%s|%s>\" \"$1\" \"$2\" \"$ODD\" >got.$PXLAUNCH_RANK'"
                  " sh \"$ODD\" ''\n")
        self.assertEqual(self.run_there("./bytes.sh", env={"ODD": ODD}).code, 0)
        for rank in (0, 1):
            self.assertEqual((self.home / f"got.{rank}").read_text(), f"<{ODD}||{ODD}>")

    def test_pxlaunch_is_killed(self):
        batch = self.submit("./sleep.sh").wait_for(b"asleep", count=3)
        self.one_process("pxlaunch").kill(signal.SIGKILL)
        self.assertIn(b"status 137", batch.finish(60).out)
        self.check_nothing_is_left()

    def test_the_job_is_cancelled(self):
        batch = self.submit("./sleep.sh").wait_for(b"asleep", count=3)
        batch.cancel().finish(60)
        self.assertEqual(batch.state(), "CANCELLED")
        self.check_nothing_is_left()

    def test_the_errand_is_killed(self):
        """Its jobs end, and the next one has another."""
        self.file("again.sh", SLEEP + "pxlaunch -n 1 echo again\n")
        batch = self.submit("./again.sh").wait_for(b"asleep", count=3)
        errand, = self.errands()
        errand.kill()
        done = batch.finish(60)
        self.assertIn(b"status 125", done.out, done)
        self.assertIn(b"the job's srun was killed by signal 9", done.err, done)
        self.assertTrue(done.out.endswith(b"again\n"), done)

    def test_no_command_line_has_the_secret(self):
        batch = self.submit("./sleep.sh").wait_for(b"asleep", count=3)
        errand, = self.errands()
        entries = pxtest.read_bytes(f"/proc/{errand.pid}/environ").split(b"\0")
        caller, = [entry for entry in entries if entry.startswith(b"SLURM_PMI2_PPVAL0=")]
        secrets = caller.partition(b"=")[2].split()[:2]  # the errand's, and pxrec's
        self.assertEqual([len(secret) for secret in set(secrets)], [32, 32], caller)
        lines = {line: pxtest.read_bytes(line) for line in pathlib.Path("/proc").glob("[0-9]*/cmdline")}
        self.assertIn(b"--errand", lines[pathlib.Path(f"/proc/{errand.pid}/cmdline")])
        self.assertEqual([line for line, text in lines.items() if any(secret in text for secret in secrets)], [])
        batch.cancel().finish(60)

    def refused(self, *words, **more):
        done = self.run_there("./same.sh", **more)
        self.assertEqual(done.code, 125, done)
        for word in words:
            self.assertIn(word.encode(), done.err)

    def test_refusals(self):
        hint = "start the script as 'srun --mpi=pmi2 -N1 -n1 ...'"
        self.refused("PMI_FD is not set", hint, task=TASK.replace("pmi2", "none"))
        self.refused("(PMI_FD) is no open socket here", hint, task=CLOSED)
        self.refused("this place has no way to reach them", "use --rec pmi2", rec="")

    def test_nobody_comes(self):
        """Slurm's answer does not come either, and does not disturb the next launch."""
        self.file("twice.sh", "#!/bin/sh\npxlaunch --start-timeout 5s --pxwrap /no/pxwrap true\necho status $?\n"
                  "exec pxlaunch -n 1 echo again\n")
        done = self.run_there("./twice.sh")
        self.assertEqual((done.code, done.out), (0, b"status 125\nagain\n"), done)
        for word in (b"nobody came from the host side in 4.5 s: its srun was to start '/no/pxwrap' there", b"--pxwrap PATH",
                     b"execve(): /no/pxwrap: No such file or directory"):
            self.assertIn(word, done.err)
