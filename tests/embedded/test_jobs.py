"""--jobs: many jobs from a list, on one server that is started for them."""
import os
import signal

import pxtest

SLEEP = "sh -c 'echo asleep; exec sleep 600'\n"


class Jobs(pxtest.Case):  # ctest: timeout=120
    def run_list(self, text, *options, code=0, **more):
        (self.home / "list").write_text(text)
        return self.expect(code, ["--jobs", "list", *options], **more)

    def test_each_line_is_a_job(self):
        text = ("# a comment\n\nsh -c 'echo $PXLAUNCH_SIZE one'\n-n 2 sh -c 'echo \"$PXLAUNCH_SIZE two\"' # another\n"
                "--oversubscribe -n 1 echo a : -n 2 echo b\nprintf '<%s>\\n' \"x y\" '' \\# $HOME '*'\n")
        done = self.run_list(text)
        self.assertEqual(done.err, b"", done)
        self.assertEqual(sorted(done.out.splitlines()),
                         sorted([b"1 one", b"2 two", b"2 two", b"a", b"b", b"b", b"<x y>", b"<>", b"<#>", b"<$HOME>", b"<*>"]))

    def test_words_for_one_command(self):
        done = self.run_list("1 'a b'\n-n 2 :\n", "-x", "A=1", "sh", "-c", 'echo "$A $#:$*"', "sh", env={"A": "0"})
        self.assertEqual(sorted(done.out.splitlines()), [b"1 2:1 a b", b"1 3:-n 2 :"], done)

    def test_from_standard_input(self):
        """Which no job reads."""
        done = self.expect(0, ["--jobs", "-"], stdin=b"cat\necho one\ncat\n")
        self.assertEqual((done.out, done.err), (b"one\n", b""), done)
        (self.home / "list").write_text("echo not\necho one\n")
        script = "{ read line; exec pxlaunch --jobs -; } <list"
        self.assertEqual(self.start_program(["bash", "-c", script]).finish().out, b"one\n")
        done = self.start_program(["sh", "-c", "exec pxlaunch --jobs - </"]).finish()
        self.assertEqual((done.code, done.err), (2, b"pxlaunch: error: --jobs: cannot read standard input: is a directory\n"))

    def test_nothing_to_do(self):
        self.assertEqual(self.run_list("\n# nothing\n").out, b"")

    def test_they_share_one_server_and_no_core(self):
        """Each holds its core for a while, and nobody else finds it taken."""
        (self.home / "lock").write_text("exec 9>core.$(taskset -cp $$ | sed 's/.*: //')\nflock -n 9 || exit 9\n"
                                        "echo $PXLAUNCH_SERVER$PXLAUNCH_JOB\nsleep 0.1\n")
        done = self.run_list("sh lock\n" * 8, "--parallel", "8")
        self.assertEqual(len(done.out.splitlines()), 8, done)

    def test_at_most_so_many(self):
        script = ": >{0}/on.$$; ls {0} | grep -c on; sleep 0.2; rm {0}/on.$$".format(self.home)
        done = self.run_list(f"sh -c '{script}'\n" * 4, "--parallel", "1")
        self.assertEqual(done.out, b"1\n" * 4, done)

    def test_one_fails(self):
        done = self.run_list("true\nsh -c 'exit 7'\ntrue\ntrue\n", "--parallel", "1", code=1)
        self.assertTrue(done.err.endswith(b"pxlaunch: error: 1 of 4 jobs failed: line 2; 2 jobs were not started\n"
                                          b"pxlaunch: hint: --keep-going starts them all the same\n"), done)
        self.assertIn(b"exited with status 7", done.err)

    def test_keep_going(self):
        done = self.run_list("sh -c 'exit 7'\necho one\nno-such-program\necho two\n", "--keep-going", "--parallel", "1", code=1)
        self.assertEqual(done.out, b"one\ntwo\n")
        self.assertTrue(done.err.endswith(b"pxlaunch: error: 2 of 4 jobs failed: lines 1, 3\n"), done)

    def test_retries(self):
        script = f"sh -c 'echo x >>{self.home}/tries; test $(wc -l <{self.home}/tries) = 3'\n"
        self.run_list(script, "--retries", "2")
        (self.home / "tries").unlink()
        self.run_list(script, "--retries", "1", code=1)

    def test_wrong_lines(self):
        """All at once, and nothing is started."""
        done = self.run_list("touch ran\n-n x true\necho 'a\n\n--np 2\n", code=2)
        self.assertEqual([line for line in done.err.decode().splitlines() if ": error: " in line], [
            "pxlaunch: error: line 3: a ' is not closed", "pxlaunch: error: line 2: -n: expected a number, got 'x'",
            "pxlaunch: error: line 5: no command was given"])
        self.assertFalse((self.home / "ran").exists())
        done = self.expect(2, ["--jobs", "nowhere"])
        self.assertIn(b"pxlaunch: error: --jobs: cannot open 'nowhere': no such file or directory\n", done.err)

    def start_sleepers(self, count=2):
        (self.home / "list").write_text(SLEEP * 4)
        running = self.start(["--jobs", "list", "--parallel", str(count), "--grace", "1s"])
        return running.wait_for(b"asleep", count=count)

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            done = self.start_sleepers().signal(number).finish(20)
            self.assertEqual(done.code, 128 + number, done)
            self.assertIn(f"pxlaunch: error: ended by {number.name}; 2 of 4 jobs failed: lines ".encode(), done.err)
            self.assertIn(b"; 2 jobs were not started\n", done.err)

    def test_killed(self):
        """Whatever holds them together dies: nothing of any job is left."""
        for victim in ("pxlaunch", "pxrec"):
            running = self.start_sleepers()
            first = min((p for p in self.processes(victim)), key=lambda process: process.pid)
            first.kill()
            running.finish(20)
            self.check_clean(5)
        self.may_leave_files = True  # of a server that was killed

    def test_killed_on_a_server_that_lives_on(self):
        self.rec(["up"])
        running = self.start_sleepers()
        launches = self.processes("pxlaunch")
        groups = {os.getpgid(process.pid) for process in launches}
        self.assertEqual((len(launches), len(groups)), (3, 3))  # a Ctrl-C of the terminal is one signal for each job
        min(launches, key=lambda process: process.pid).kill()
        running.finish(20)
        self.eventually("no rank is left", lambda: not self.processes("sleep"), 5)
        self.rec(["down"])

    def test_on_a_server_that_is_there(self):
        self.rec(["up"])
        (self.home / "list").write_text("sh -c 'echo $PXLAUNCH_JOB'\n" * 3)
        done = self.launch(["--jobs", "list", "--parallel", "3"])
        servers = len(self.processes("pxrec"))
        self.rec(["down"])
        self.assertEqual((done.code, len(set(done.out.splitlines())), servers), (0, 3, 1), done)
