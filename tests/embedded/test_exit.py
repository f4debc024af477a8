"""The exit status, whoever ends the job, and that nothing of it is left."""
import os
import re
import signal

import pxtest

WAITS = ["end_with", "0", "600"]
# Ignores what can be ignored; a shell keeps its children's output in order.
SAVES = ["sh", "-c", "trap 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; echo saved; exit 0' TERM; echo ready;"
                     " while :; do sleep 0.1; done"]  # a second, and more than one TERM may come meanwhile
STUBBORN = ["sh", "-c", "trap '' INT TERM HUP; echo ready; while :; do sleep 0.1; done"]


class Codes(pxtest.Case):
    def test_success_is_silent(self):
        done = self.expect(0, ["-n", "2", "true"])
        self.assertEqual((done.out, done.err), (b"", b""))

    def test_the_code_of_the_rank_that_failed(self):
        for code in (1, 7, 255):
            done = self.expect(code, ["-n", "3", "end_with", f"0,{code},0"])
            self.assertIn(b"rank 1", done.err)

    def test_the_first_failure_counts(self):
        script = "case $PXLAUNCH_RANK in 0) sleep 1; exit 9;; 1) exit 4;; esac"
        done = self.expect(4, ["-n", "2", "--on-failure", "wait", "sh", "-c", script])
        self.assertIn(b"rank 1", done.err)

    def test_a_signal(self):
        for name, code in (("SEGV", 139), ("KILL", 137), ("ABRT", 134), ("TERM", 143)):
            done = self.expect(code, ["-n", "2", "end_with", f"0,{name}", "0.1"])
            self.assertIn(b"rank 1", done.err)

    def test_the_other_ranks_are_killed(self):
        self.expect(7, ["-n", "2", "sh", "-c", "[ $PXLAUNCH_RANK = 0 ] && exit 7; sleep 600"])

    def test_a_failure_may_be_ignored(self):
        script = "[ $PXLAUNCH_RANK = 0 ] && exit 7; sleep 0.5; echo done"
        done = self.expect(0, ["-n", "2", "--on-failure", "ignore", "sh", "-c", script])
        self.assertEqual(done.out, b"done\n")

    def test_a_failure_may_wait(self):
        script = "[ $PXLAUNCH_RANK = 0 ] && exit 7; sleep 0.5; echo done"
        done = self.expect(7, ["-n", "2", "--on-failure", "wait", "sh", "-c", script])
        self.assertEqual(done.out, b"done\n")

    def test_two_applications(self):
        done = self.expect(5, ["-n", "1", "true", ":", "-n", "1", "sh", "-c", "exit 5"])
        self.assertIn(b"rank 1", done.err)


class NotRun(pxtest.Case):
    def refused(self, code, arguments, *words):
        done = self.expect(code, arguments)
        for word in (b"pxlaunch: error: ", *words):
            self.assertIn(word, done.err)
        self.assertEqual(done.out, b"")
        return done

    def test_missing_program(self):
        self.refused(127, ["-n", "2", "no-such-program"], b"no-such-program")
        self.refused(127, ["./no-such-program"], b"no-such-program")

    def test_not_executable(self):
        (self.home / "plain").write_text("text\n")
        self.refused(126, ["-n", "2", "./plain"], b"plain")

    def test_a_directory_as_program(self):
        self.refused(126, [str(self.home)], str(self.home).encode())

    def test_a_script_whose_interpreter_is_missing(self):
        script = self.home / "script"
        script.write_text("#!/no/such/interpreter\n")
        script.chmod(0o755)
        done = self.launch(["./script"])
        self.assertIn(done.code, (126, 127), done)
        if pxtest.SANITIZER != "thread":  # whose vfork() is a fork(): the reason does not come back
            self.assertIn(b"script", done.err)

    def test_missing_directory(self):
        self.refused(125, ["-C", "/no/such/directory", "true"], b"/no/such/directory")

    def test_too_many_processes(self):
        self.refused(125, ["-n", "5000", "--map-by", "core:nooversubscribe", "true"],
                     b"5000", b"pxlaunch: hint: ")

    def test_one_of_two_applications_is_missing(self):
        self.refused(127, ["echo", "ran", ":", "no-such-program"], b"no-such-program")


class Timeouts(pxtest.Case):
    def test_timeout(self):
        done = self.expect(124, ["-n", "2", "--timeout", "1", *WAITS])
        self.assertIn(b"timed out after 1 s", done.err)

    def test_timeout_of_ranks_that_ignore_signals(self):
        self.expect(124, ["-n", "2", "--timeout", "1", "--grace", "1", *STUBBORN])

    def test_timeout_of_ranks_that_save_what_they_have(self):
        done = self.expect(124, ["-n", "2", "--timeout", "2", "--grace", "20", *SAVES])
        self.assertEqual(done.out, b"ready\n" * 2 + b"saved\n" * 2)

    def test_stacks_at_the_timeout(self):
        done = self.expect(124, ["-n", "2", "--timeout", "1", "--on-timeout", "stacks", *WAITS], timeout=60)
        for rank in (0, 1):  # what follows is the tool's, or of /proc
            self.assertRegex(done.err, rb"stack of rank %d \(pid [0-9]+\) at the timeout:\n[^\n]+\n" % rank)

    def test_mpiexec_timeout(self):
        self.expect(124, WAITS, env={"MPIEXEC_TIMEOUT": "1"})

    def test_a_job_within_its_time(self):
        self.expect(0, ["--timeout", "60", "true"])


class Signals(pxtest.Case):
    def waiting(self, arguments=(), command=WAITS, text=b"ends with", **options):
        running = self.start(["-n", "2", *arguments, *command], **options)
        return running.wait_for(text, count=2)

    def test_interrupt_once(self):
        done = self.waiting().signal(signal.SIGINT).finish(10)
        self.assertEqual(done.code, 130, done)
        self.assertIn(b"pxlaunch: ", done.err)

    def test_interrupt_twice(self):
        running = self.waiting(command=STUBBORN, text=b"ready")
        running.signal(signal.SIGINT).wait_for(b"pxlaunch: ", stream="err")
        self.assertIsNone(running.popen.poll())
        done = running.signal(signal.SIGINT).finish(10)
        self.assertIn(done.code, (130, 137), done)

    def test_interrupt_that_a_rank_handles(self):
        script = "trap 'echo caught; exit 0' INT; echo ready; while :; do sleep 0.1; done"
        running = self.waiting(command=["sh", "-c", script], text=b"ready")
        done = running.signal(signal.SIGINT).finish(10)
        self.assertEqual((done.code, done.out.count(b"caught")), (0, 2), done)

    def test_terminate(self):
        done = self.waiting().signal(signal.SIGTERM).finish(10)
        self.assertEqual(done.code, 143, done)

    def test_terminate_ranks_that_save_what_they_have(self):
        done = self.waiting(["--grace", "20"], SAVES, b"ready").signal(signal.SIGTERM).finish(20)
        self.assertEqual((done.code, done.out.count(b"saved")), (0, 2), done)

    def test_terminate_then_kill_after_grace(self):
        running = self.waiting(["--grace", "1"], STUBBORN, b"ready")
        done = running.signal(signal.SIGTERM).finish(10)
        self.assertIn(done.code, (137, 143), done)

    def test_hang_up(self):
        done = self.waiting().signal(signal.SIGHUP).finish(10)
        self.assertIn(done.code, (129, 143), done)

    def test_hang_up_ignored_as_by_nohup(self):
        running = self.waiting(
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        running.signal(signal.SIGHUP)
        running.signal(signal.SIGTERM)  # arrives later: by then the first had its effect
        self.assertEqual(running.finish(10).code, 143)

    def test_user_signals_are_forwarded(self):
        script = "trap 'exit 5' USR1; echo ready; while :; do sleep 0.1; done"
        running = self.waiting(command=["sh", "-c", script], text=b"ready")
        self.assertEqual(running.signal(signal.SIGUSR1).finish(10).code, 5)

    def test_stop_and_continue(self):
        running = self.waiting(command=["end_with", "0", "8"])
        ranks = self.processes("end_with")
        running.signal(signal.SIGTSTP)
        self.eventually("the ranks stop", lambda: {r.state() for r in ranks} == {"T"})
        self.eventually("pxlaunch stops", lambda: self.one_process("pxlaunch").state() == "T")
        running.signal(signal.SIGCONT)
        self.eventually("the ranks go on", lambda: "T" not in {r.state() for r in ranks})
        self.assertEqual(running.finish(20).code, 0)


class Killed(pxtest.Case):
    """kill -9 of whoever holds the job together."""

    def setUp(self):
        super().setUp()
        self.may_leave_files = True
        self.running = self.start(["-n", "2", "grandchild", "stay"])
        self.running.wait_for(b"left a grandchild", count=2)

    def server(self):
        return self.one_process("pxrec")

    def test_pxlaunch(self):
        self.running.signal(signal.SIGKILL).finish()

    def test_server(self):
        self.server().kill()
        done = self.running.finish(10)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"pxlaunch: error: ", done.err)

    def test_both(self):
        server = self.server()
        self.running.signal(signal.SIGKILL)
        server.kill()
        self.running.finish()

    def test_a_rank(self):
        self.processes("grandchild")[0].kill()
        self.check_clean_after(self.running.finish(10))

    def test_everything_but_the_ranks_and_the_guard(self):
        for process in self.processes():
            if process.name not in ("pxguard", "grandchild"):
                process.kill()
        self.running.finish()

    def test_terminate_with_grandchildren(self):
        done = self.running.signal(signal.SIGTERM).finish(20)
        self.assertEqual(done.code, 143, done)

    def check_clean_after(self, done):
        self.assertNotEqual(done.code, 0, done)
        self.check_clean()


class Grandchildren(pxtest.Case):
    def test_they_do_not_outlive_the_job(self):
        done = self.expect(0, ["-n", "2", "grandchild"])
        self.assertEqual(done.out.count(b"left a grandchild\n"), 2)

    def test_nor_a_failed_one(self):
        self.expect(9, ["-n", "2", "grandchild", "9"])


class Others(pxtest.Case):
    """One server, tools that come and go, and one of them killed."""

    def test_a_killed_tool_takes_only_its_own_job_along(self):
        self.may_leave_files = True
        self.assertEqual(self.rec(["up"]).code, 0)
        keeps = self.start(["-n", "1", "--oversubscribe", "end_with", "6", "4"])
        keeps.wait_for(b"ends with")
        victim = self.start(["-n", "1", "--oversubscribe", "end_with", "0", "600"])
        victim.wait_for(b"ends with")
        victims = [p for p in self.processes("end_with") if p.command.endswith("600")]
        self.assertEqual(len(victims), 1)
        victim.signal(signal.SIGKILL).finish()
        self.eventually("the killed tool's rank ends",
                        lambda: not os.path.exists(f"/proc/{victims[0].pid}"), timeout=2)
        self.expect(0, ["-n", "1", "--oversubscribe", "true"])
        self.assertEqual(keeps.finish().code, 6)
        self.assertEqual(self.rec(["down"]).code, 0)

    def test_tools_that_die_while_they_attach(self):
        """libpmix 4.2.2 crashes when it cannot send its answer to a handshake: we hide that."""
        self.assertEqual(self.rec(["up"]).code, 0)
        server = self.one_process("pxrec")
        job = self.start(["-n", "1", "--oversubscribe", "end_with", "6", "4"])
        job.wait_for(b"ends with")
        os.kill(server.pid, signal.SIGSTOP)
        victims = [self.start(["-n", "1", "true"]) for _ in range(3)]
        for victim in victims:  # its second thread is the one that waits for the server's answer
            self.eventually("a tool attaches", lambda pid=victim.popen.pid:
                            len(os.listdir(f"/proc/{pid}/task")) > 2)
            victim.signal(signal.SIGKILL).finish()
        os.kill(server.pid, signal.SIGCONT)
        self.expect(0, ["-n", "1", "--oversubscribe", "true"])
        self.assertEqual(job.finish().code, 6)
        self.assertEqual(self.rec(["down"]).code, 0)


class Words(pxtest.Case):
    def test_every_error_has_our_shape(self):
        for arguments in (["no-such-program"], ["-C", "/no/such", "true"], ["-n", "x", "true"],
                          []):
            done = self.launch(arguments)
            lines = done.err.decode().splitlines()
            self.assertRegex(lines[0], r"^pxlaunch: error: [^A-Z].*[^.]$")
            for line in lines:
                self.assertTrue(re.match(r"pxlaunch: (error|hint): |usage: |  ", line), line)
