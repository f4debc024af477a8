"""pxrec ps, kill and env: a server's jobs, looked at and ended from another shell."""
import json
import re

import pxtest


class Jobs(pxtest.Case):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.rec(["up"]).code, 0)
        self.job = self.start(["-n", "2", "--oversubscribe", "end_with", "0", "600"])
        self.job.wait_for(b"ends with", count=2)

    def tearDown(self):
        self.rec(["down", "--force"])
        super().tearDown()

    def jobs(self, *arguments):
        done = self.rec(["ps", "--json", *arguments])
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out)["jobs"]

    def test_ps(self):
        job, = self.jobs()
        self.assertEqual(job["command"], ["end_with", "0", "600"])
        self.assertEqual(sorted(rank["pid"] for rank in job["ranks"]),
                         sorted(process.pid for process in self.processes("end_with")))
        lines = self.rec(["ps"]).out.decode().splitlines()
        self.assertEqual(lines[0].split(),
                         ["JOB", "RANK", "HOST", "PID", "STATE", "ELAPSED", "COMMAND"])
        self.assertEqual(len(lines), 3)
        for number, line in enumerate(lines[1:]):
            self.assertEqual(line.split()[:2], [job["job"], str(number)])
            self.assertTrue(line.endswith("end_with 0 600"), line)

    def test_ps_of_one_job(self):
        other = self.start(["-n", "1", "--oversubscribe", "end_with", "3", "600"])
        other.wait_for(b"ends with")
        first, second = (job["job"] for job in self.jobs())
        self.assertEqual([job["job"] for job in self.jobs(second)], [second])
        done = self.rec(["ps", first])
        self.assertNotIn(second.encode() + b" ", done.out)
        self.assertEqual(other.signal(15).finish().code, 143)

    def test_an_unknown_job(self):
        name = self.jobs()[0]["job"]
        for arguments in (["ps", "nothing-like-it"], ["kill", name, "nothing-like-it"]):
            done = self.rec(arguments)
            self.assertEqual((done.code, done.out), (125, b""), done)
            self.assertIn(b"pxrec: error: there is no job 'nothing-like-it'\n", done.err)
            self.assertIn(name.encode(), done.err)
        self.assertIn(b"did you mean '%s'?" % name.encode(), self.rec(["ps", name + "1"]).err)
        self.assertIsNone(self.job.popen.poll())  # nor was the other one killed

    def test_kill(self):
        done = self.rec(["kill", self.jobs()[0]["job"]])
        self.assertEqual((done.code, done.out, done.err), (0, b"", b""))
        self.assertEqual(self.job.finish().code, 143)
        self.assertEqual(self.jobs(), [])

    def test_kill_with_a_signal(self):
        name = self.jobs()[0]["job"]
        done = self.rec(["kill", "--signal", "TERMM", name])
        self.assertEqual(done.code, 2, done)
        self.assertIn(b"--signal: unknown signal 'TERMM'\npxrec: hint: did you mean 'TERM'?",
                      done.err)
        self.assertEqual(self.rec(["kill", "-s", "SIGUSR1", name]).code, 0)
        self.assertEqual(self.job.finish().code, 128 + 10)

    def test_env_leads_there(self):
        done = self.rec(["env"])
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertNotIn(b"tcp4", done.out)
        for line in done.out.splitlines():
            self.assertRegex(line, rb"^export PXLAUNCH_[A-Z_]+='[^']*'$")
        script = 'eval "$(pxrec env)"; unset XDG_RUNTIME_DIR; TMPDIR=/tmp pxrec ps'
        seen = self.start_program(["sh", "-c", script]).finish()
        self.assertEqual(seen.code, 0, seen)
        self.assertEqual(seen.out.count(b"end_with 0 600"), 2)


class Env(pxtest.Case):
    def test_odd_paths_survive_the_shell(self):
        odd = self.home / "it's $HOME `here`"
        odd.mkdir(0o700)
        env = {"XDG_RUNTIME_DIR": str(odd)}
        self.assertEqual(self.rec(["up"], env=env).code, 0)
        script = 'eval "$(pxrec env)"; printf %s "$PXLAUNCH_URI"; pxlaunch true && pxrec down'
        done = self.start_program(["sh", "-c", script], env=env).finish()
        self.assertEqual(done.code, 0, done)
        self.assertTrue(re.match(b"file:" + re.escape(str(odd).encode()) + b"/", done.out), done)
