"""pxrec up, down and status: one server for each user and allocation, and its end."""
import json
import os
import re
import signal
import subprocess
import time

import pxtest

OTHER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
SERVING = re.compile(rb"^pxrec: serving (\d+) cores of (\S+) \(pid (\d+)\)\n$")


class _Case(pxtest.Case):
    def tearDown(self):
        self.rec(["down", "--force"])
        super().tearDown()

    def up(self, *options, **settings):
        """Starts a server; its process id."""
        done = self.rec(["up", *options], **settings)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.err, b"")
        found = SERVING.match(done.out)
        self.assertTrue(found, done)
        return int(found.group(3))

    def refused(self, code, what, arguments, hint=None, **settings):
        done = self.rec(arguments, **settings)
        self.assertEqual((done.code, done.out), (code, b""), done)
        self.assertIn(b"pxrec: error: ", done.err)
        self.assertRegex(done.err, what)
        if hint:
            self.assertRegex(done.err, b"pxrec: hint: .*" + hint)
        return done

    def job(self):
        running = self.start(["-n", "1", "end_with", "0", "600"])
        running.wait_for(b"ends with")
        return running


class Up(_Case):
    def test_it_says_what_it_serves(self):
        pid = self.up()
        self.assertEqual(self.one_process("pxrec").pid, pid)
        self.assertEqual(self.one_process("pxguard").name, "pxguard")

    def test_a_second_one_is_refused(self):
        pid = self.up()
        self.refused(125, rb"the server \(pid %d\) runs already" % pid, ["up"], rb"pxrec down")
        self.assertEqual(self.one_process("pxrec").pid, pid)

    def test_of_several_at_once_one_wins(self):
        all_of_them = [self.start_program(["pxrec", "up"]) for _ in range(6)]
        done = [one.finish() for one in all_of_them]
        winners = [one for one in done if one.code == 0]
        self.assertEqual(len(winners), 1, done)
        pid = int(SERVING.match(winners[0].out).group(3))
        for one in done:
            if one.code != 0:
                self.assertEqual(one.code, 125, one)
                self.assertIn(b"the server (pid %d) runs already" % pid, one.err)
        self.assertEqual(self.one_process("pxrec").pid, pid)

    def test_each_allocation_has_its_own(self):
        first = self.up()
        slurm = {"SLURM_JOB_ID": "42", "SLURM_JOB_NUM_NODES": "1"}
        second = self.up(env=slurm)
        self.assertNotEqual(first, second)
        self.assertIn(b"pid %d" % second, self.rec(["status"], env=slurm).out)
        self.assertIn(b"pid %d" % first, self.rec(["status"]).out)
        self.assertEqual(self.rec(["down"], env=slurm).code, 0)
        self.assertEqual([p.pid for p in self.processes("pxrec")], [first])

    def test_several_nodes_are_not_made_one(self):
        self.refused(125, rb"slurm:42 has 2 nodes", ["up"], rb"--rec local",
                     env={"SLURM_JOB_ID": "42", "SLURM_JOB_NUM_NODES": "2"})

    def test_cores(self):
        self.up("--cores", "1")
        self.assertIn(b"cores   1 of 1 free", self.rec(["status"]).out)
        done = self.launch(["--no-wait", "-n", "2", "true"])
        self.assertEqual(done.code, 125, done)

    def test_wrong_options(self):
        self.refused(2, rb"--cores: expected a number from 1, got 'many'", ["up", "--cores=many"])
        self.refused(2, rb"--cores: this shell may use \d+, got 5000", ["up", "--cores=5000"],
                     rb"leave --cores out")
        self.refused(2, rb"--idle: expected a duration, got 'x'", ["up", "--idle", "x"])
        self.refused(2, rb"unknown option '--gups'", ["up", "--gups"])
        self.assertEqual(self.processes(), [])

    def test_nothing_of_the_caller_stays_open(self):
        read, write = os.pipe()
        done = self.rec(["up"], pass_fds=[write])
        os.close(write)
        self.assertEqual((done.code, os.read(read, 1)), (0, b""), done)  # end of file
        os.close(read)
        self.assertEqual({os.readlink(f"/proc/{p.pid}/cwd") for p in self.processes()}, {"/"})

    def test_nobody_else_can_read_the_address(self):
        self.up()
        for path in self.run_directory.rglob("*"):
            self.assertEqual(path.lstat().st_mode & 0o077, 0, path)
        for process in self.processes():
            command = pxtest.read_bytes(f"/proc/{process.pid}/cmdline")
            self.assertNotIn(b"tcp4", command)


class Idle(_Case):
    def ended(self):
        self.eventually("the idle server's end", lambda: not self.processes("pxguard"))
        self.check_clean()

    def test_it_ends_when_idle(self):
        self.up("--idle", "100ms")
        self.ended()

    def test_a_job_keeps_it(self):
        self.up("--idle", f"{1000 * pxtest.SLOW}ms")
        keepers = [process.pid for process in self.processes("pxguard")]
        job = self.start(["-n", "1", "sh", "-c", "echo in; read line"], stdin=subprocess.PIPE).wait_for(b"in\n")
        time.sleep(2 * pxtest.SLOW)  # time in which it would have ended
        self.assertEqual([process.pid for process in self.processes("pxguard")], keepers)
        job.popen.stdin.close()
        job.finish()
        self.ended()

    def test_the_site_says_how_long(self):
        (self.home / "site").write_text('{"idle_timeout": "100ms"}\n')
        self.up()
        self.ended()

    def test_the_command_line_says_otherwise(self):
        (self.home / "site").write_text('{"idle_timeout": "1ms"}\n')
        pid = self.up("--idle", "1h")
        self.assertEqual(self.one_process("pxrec").pid, pid)
        self.assertEqual(self.rec(["down"]).code, 0)


class Site(_Case):
    def site(self, text):
        (self.home / "site").write_text(text)

    def test_run_directory(self):
        place = self.home / "place"
        place.mkdir(0o700)
        self.site('{"run_directory": "%s"}' % place)
        self.up()
        self.assertTrue(list(place.glob("pxlaunch-*/pool.*/rendezvous")))
        self.assertEqual(list(self.run_directory.iterdir()), [])
        self.assertEqual(self.rec(["down"]).code, 0)
        self.assertEqual([p for p in place.rglob("*") if not p.is_dir()], [])

    def test_refused_hosts(self):
        self.site('{"local": [{"host": "*", "rule": "refuse", "message": "use the queue"}]}')
        for arguments in (["up"], ["run", "true"]):
            self.refused(125, rb"jobs may not run on '.*' itself", arguments, rb"use the queue")

    def test_warned_hosts(self):
        self.site('{"local": [{"host": "*", "rule": "warn", "message": "be brief"}]}')
        done = self.rec(["up"])
        self.assertEqual((done.code, done.err), (0, b"pxrec: be brief\n"), done)
        self.assertEqual(self.rec(["run", "true"]).err, b"pxrec: be brief\n")

    def test_a_wrong_file_stops_what_starts_something(self):
        pid = self.up()
        self.site('{"defualts": {}, "audit": 3}')
        done = self.refused(2, rb"unknown key 'defualts' \(did you mean 'defaults'\?\)",
                            ["run", "true"], rb"correct the file")
        self.assertIn(b"audit: expected true or false", done.err)
        self.assertIn(b"pid %d" % pid, self.rec(["status"]).out)
        self.assertEqual(self.rec(["down"]).code, 0)


class Down(_Case):
    def test_an_idle_server_ends_at_once(self):
        pid = self.up()
        done = self.rec(["down"])
        self.assertEqual((done.code, done.out), (0, b"pxrec: ended the server (pid %d)\n" % pid))
        self.assertEqual(self.processes(), [])
        self.check_clean(within=0)

    def test_jobs_are_not_killed_unless_told(self):
        pid = self.up()
        job = self.job()
        self.refused(125, rb"1 job runs on the server \(pid %d\)" % pid, ["down"],
                     rb"pxrec down --force")
        self.assertIsNone(job.popen.poll())
        self.assertEqual(self.rec(["down", "--force"]).code, 0)
        self.assertEqual(job.finish().code in (125, 137), True, job.now())
        self.assertEqual(self.processes(), [])

    def test_waiting_jobs_count(self):
        self.up("--cores", "1")
        job, waiting = self.job(), self.start(["-n", "1", "true"])
        self.eventually("a waiting job",
                        lambda: b"1 running, 1 waiting" in self.rec(["status"]).out)
        self.refused(125, rb"1 job runs and 1 job waits on ", ["down"])
        self.assertEqual(self.rec(["down", "-f"]).code, 0)
        job.finish()
        waiting.finish()

    def test_none(self):
        done = self.refused(125, rb"no server of 'pxrec up' for this node in ", ["down"])
        self.assertNotIn(b"hint", done.err)

    def test_a_stopped_server(self):
        pid = self.up()
        os.kill(pid, signal.SIGSTOP)
        done = self.rec(["down", "--force"])
        self.assertEqual(done.code, 0, done)
        self.check_clean(within=0)


class Died(_Case):
    def kill(self, *names):
        processes = [p for name in names for p in self.processes(name)]
        self.assertEqual(len(processes), len(names))
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in processes:
                process.kill(number)
        self.eventually("their end", lambda: not self.processes())

    def test_the_server(self):
        """The guard clears up, and keeps the log."""
        self.may_leave_files = True
        pid = self.up()
        self.kill("pxrec")
        self.refused(125, rb"its server \(pid \d+\) has ended", ["status"], rb"pxrec up")
        self.assertNotEqual(self.up(), pid)

    def test_the_guard(self):
        self.may_leave_files = True
        self.up()
        self.kill("pxguard")
        self.refused(125, rb"has ended", ["ps"], rb"pxrec up")

    def test_both(self):
        self.up()
        self.kill("pxrec", "pxguard")
        self.refused(125, rb"its server \(pid \d+\) has ended", ["status"], rb"pxrec up")
        self.refused(125, rb"its server \(pid \d+\) has ended", ["down"])
        self.check_clean()  # `down` has removed the remains
        self.up()

    def test_with_jobs(self):
        self.may_leave_files = True
        self.up()
        job = self.job()
        self.one_process("pxrec").kill()
        self.assertEqual(job.finish().code, 125)
        self.check_clean()


class Status(_Case):
    def test_text_and_json(self):
        pid = self.up()
        done = self.rec(["status"])
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertRegex(done.out, rb"server  pid %d, pxrec \S+, PMIx \d" % pid)
        self.assertIn(b"jobs    0 running, 0 waiting\n", done.out)
        done = self.rec(["status", "--json"])
        status = json.loads(done.out)
        self.assertEqual((status["version"], status["pid"], status["jobs"]), (1, pid, 0))
        self.assertEqual(status["free_cores"], status["cores"])
        self.assertNotIn(b"tcp4", done.out)

    def test_none(self):
        for command in ("status", "ps", "env"):
            self.refused(125, rb"no server of 'pxrec up'", [command], rb"start one with 'pxrec up'")

    def test_a_server_that_does_not_answer(self):  # it takes the deadline of 10 s
        pid = self.up()
        os.kill(pid, signal.SIGSTOP)
        self.refused(125, rb"the server \(pid %d\) does not answer" % pid, ["status"],
                     rb"pxrec down --force")
        self.assertEqual(self.rec(["down", "--force"]).code, 0)

    def test_a_foreign_address(self):
        env = {"PXLAUNCH_URI": "prte.0;tcp4://127.0.0.1:1"}
        self.refused(125, rb"PXLAUNCH_URI names a server that is not pxrec's", ["status"],
                     rb"unset PXLAUNCH_URI", env=env)

    def test_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        pid = self.up()
        job = self.job()
        document = next(self.run_directory.glob("pxlaunch-0/pool.*/rendezvous"))
        program = pxtest.program("pxrec")
        for env in ({}, {"PXLAUNCH_URI": f"file:{document}"}):
            for arguments in (["status"], ["ps"], ["kill", "x"], ["down"], ["down", "--force"]):
                done = self.start_program(
                    [*OTHER, program, *arguments], cwd="/",
                    env={"HOME": "/", "PXLAUNCH_SITE_CONFIG": None, **env}).finish()
                self.assertIn(done.code, (125, 126), done)
                self.assertEqual(done.out, b"", done)
        self.assertEqual(self.one_process("pxrec").pid, pid)
        self.assertIsNone(job.popen.poll())


class Program(pxtest.Case):
    def test_libpmix_finds_our_own_calls(self):
        """What stands between libpmix and its peers is lost if the linker leaves it out."""
        done = subprocess.run(["nm", "-D", "--defined-only", pxtest.program("pxrec")],
                              stdout=subprocess.PIPE, check=True)
        defined = {line.split()[-1] for line in done.stdout.decode().splitlines()}
        self.assertEqual({"accept", "send", "writev"} - defined, set())
