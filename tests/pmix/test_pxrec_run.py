"""pxrec run: a script with a server of its own, its status, its signals and its end."""
import os
import pty
import re
import signal
import sys

import pxtest


class _Case(pxtest.Case):
    def run_script(self, script, *options, **settings):
        return self.rec(["run", *options, "--", "sh", "-c", script], **settings)


class Status(_Case):
    def test_that_of_the_command(self):
        for status in (0, 1, 7, 125, 255):
            done = self.run_script(f"exit {status}")
            self.assertEqual((done.code, done.out, done.err), (status, b"", b""))

    def test_a_killed_command(self):
        self.assertEqual(self.run_script("kill -9 $$").code, 137)
        self.assertEqual(self.run_script("kill -TERM $$").code, 143)

    def test_not_found(self):
        done = self.rec(["run", "no-such-program"])
        self.assertEqual(done.code, 127, done)
        self.assertIn(b"no program 'no-such-program' in the search path\npxrec: hint: ", done.err)
        self.assertNotIn(b"--path", done.err)
        self.assertEqual(self.rec(["run", "./no-such-program"]).code, 127)

    def test_not_executable(self):
        (self.home / "data").write_text("text")
        done = self.rec(["run", "./data"])
        self.assertEqual(done.code, 126, done)
        self.assertIn(b"chmod +x", done.err)

    def test_a_script_without_its_first_line(self):
        script = self.home / "script"
        script.write_text("exit 9\n")
        script.chmod(0o755)
        self.assertEqual(self.rec(["run", "./script"]).code, 9)

    def test_a_script_with_a_wrong_first_line(self):
        script = self.home / "script"
        script.write_text("#!/no/such/interpreter\n")
        script.chmod(0o755)
        done = self.rec(["run", "./script"])
        self.assertEqual(done.code, 127, done)
        self.assertIn(b"its interpreter does not exist", done.err)

    def test_wrong_options(self):
        for arguments, what in (
                (["run"], b"the command is missing"),
                (["run", "--cores", "0", "true"], b"--cores: expected a number from 1"),
                (["run", "--crs", "1", "true"], b"unknown option '--crs'"),
                (["run", "-x", "=1", "true"], b"-x: "),
                (["run", ""], b"the command is empty")):
            done = self.rec(arguments)
            self.assertEqual((done.code, done.out), (2, b""), done)
            self.assertIn(what, done.err)
            self.assertIn(b"pxrec: hint: ", done.err)


class Environment(_Case):
    def test_variables_and_directory(self):
        (self.home / "there").mkdir()
        done = self.run_script('echo "$A|$B|$PXLAUNCH_NNODES"; pwd', "-x", "A=one two",
                               "-x", "B=x=y", "-C", "there")
        self.assertEqual(done.out.decode(), f"one two|x=y|1\n{self.home}/there\n", done)

    def test_a_missing_directory(self):
        done = self.run_script("true", "-C", "/no/such/directory")
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"'/no/such/directory'", done.err)

    def test_what_is_not_passed_on(self):
        done = self.run_script("env", env={"PMIX_RANK": "3", "PXLAUNCH_RANK": "4",
                                           "SLURM_ARRAY_TASK_ID": "5"})
        self.assertNotRegex(done.out, rb"(?m)^(PMIX_|PXLAUNCH_RANK)")
        self.assertRegex(done.out, rb"(?m)^PXLAUNCH_ARRAY_INDEX=5$")
        self.assertRegex(done.out, rb"(?m)^PXLAUNCH_URI=file:/")

    def test_jobs_use_this_server(self):
        done = self.run_script("pxrec status; pxlaunch -n 1 sh -c 'echo $PXLAUNCH_JOB'",
                               "--cores", "1")
        pid = re.search(rb"pid (\d+)", done.out).group(1)
        self.assertIn(b"cores   1 of 1 free", done.out)
        self.assertIn(b"px.%s." % pid, done.out)

    def test_others_do_not(self):
        script = self.start_program(["pxrec", "run", "sh", "-c", "echo up; read line"],
                                    stdin=b"")
        done = self.rec(["status"])
        self.assertEqual(done.code, 125, done)
        self.assertEqual(script.finish().out, b"up\n")

    def test_up_and_down_inside(self):
        done = self.run_script("pxrec up; pxrec down; exit 0")
        self.assertEqual((done.code, done.out), (0, b""), done)
        self.assertRegex(done.err, rb"the server \(pid \d+\) runs already, for the script")
        self.assertRegex(done.err, rb"the server \(pid \d+\) belongs to 'pxrec run'")


class End(_Case):
    JOB = ["pxlaunch", "-n", "1", "end_with", "0", "600"]

    def start_script(self, script, **settings):
        running = self.start_program(["pxrec", "run", "--", "sh", "-c", script], **settings)
        running.wait_for(b"ends with")
        return running

    def test_jobs_left_behind_are_killed(self):
        theirs, ours = os.pipe()
        running = self.start_script("pxlaunch -n 1 end_with 0 600 & read line; exit 3",
                                    stdin=theirs)
        os.close(theirs)
        os.close(ours)  # the end of its input
        self.assertEqual(running.finish().code, 3)
        self.check_clean()

    def test_signals_reach_the_command(self):
        for number, status in (("USR1", 41), ("TERM", 42), ("INT", 43), ("HUP", 44)):
            script = (f"trap 'exit {status}' {number}; echo ends with; "
                      "while :; do sleep 0.05; done")
            running = self.start_script(script)
            running.signal(getattr(signal, "SIG" + number))
            self.assertEqual(running.finish().code, status, number)

    def test_pxrec_is_killed(self):
        """Jobs, the command and all that the command started go too."""
        running = self.start_script(
            "setsid sleep 600 & pxlaunch -n 1 end_with 0 600; sleep 600")
        running.signal(signal.SIGKILL).finish()
        self.check_clean()

    def test_the_command_is_killed(self):
        running = self.start_program(["pxrec", "run", *self.JOB])
        running.wait_for(b"ends with")
        self.one_process("pxlaunch").kill()
        self.assertEqual(running.finish().code, 137)
        self.check_clean()

    def test_the_server_is_killed(self):
        self.may_leave_files = True
        running = self.start_program(["pxrec", "run", *self.JOB])
        running.wait_for(b"ends with")
        server = [p for p in self.processes("pxrec") if p.pid != running.pid]
        self.assertEqual(len(server), 1)
        server[0].kill()
        self.assertEqual(running.finish().code, 125)

    def test_the_script_goes_on_without_its_server(self):
        self.may_leave_files = True
        running = self.start_script("pxlaunch -n 1 end_with 0 600; echo $?; sleep 0.5; exit 5")
        server = [p for p in self.processes("pxrec") if p.pid != running.pid]
        server[0].kill()
        done = running.finish()
        self.assertEqual((done.code, done.out.split()[-1]), (5, b"125"), done)

    def test_what_the_command_leaves_running_is_its_own_affair(self):
        done = self.rec(["run", "sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"])
        left, = self.eventually("it sleeps", lambda: self.processes("sleep"))
        self.assertEqual(int(done.out), left.pid)
        left.kill()


class Terminal(_Case):
    COUNT = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
if len(sys.argv) > 1:
    os.setpgid(0, 0)
print("ready" if os.isatty(0) else "no terminal", flush=True)
senders = []
while seen := signal.sigtimedwait({signal.SIGINT}, 1 if senders else 2):
    senders.append(seen.si_pid)
print("from", senders)
"""

    def control_c(self, *arguments):
        ours, theirs = pty.openpty()
        running = self.start_program(
            ["setsid", "--ctty", "--wait", pxtest.program("pxrec"), "run", sys.executable, "-c",
             self.COUNT, *arguments], stdin=theirs)
        os.close(theirs)
        running.wait_for(b"ready")
        os.write(ours, b"\x03")
        done = running.finish()
        os.close(ours)
        self.assertEqual(done.code, 0, done)
        return done.out

    def test_the_command_has_the_terminal(self):
        self.assertEqual(self.control_c(), b"ready\nfrom [0]\n")

    def test_what_the_terminal_sends_is_not_sent_again(self):
        """Seen by a command that left the terminal's process group: it hears nothing."""
        self.assertEqual(self.control_c("alone"), b"ready\nfrom []\n")
