"""pxrec: a server that stays, and what one can ask of it."""
import os
import re

import pxtest


class _Server(pxtest.Case):
    """Each test has a server of its own, which is taken down at the end."""

    def setUp(self):
        super().setUp()
        done = self.rec(["up"])
        self.assertEqual(done.code, 0, done)

    def tearDown(self):
        done = self.rec(["down", "--force"])
        super().tearDown()
        self.assertIn(done.code, (0, 125), done)


class Up(_Server):
    def test_jobs_share_it(self):
        server = self.one_process("pxrec").pid
        for _ in range(3):
            self.expect(0, ["true"])
        self.assertEqual(self.one_process("pxrec").pid, server)

    def test_up_again_keeps_the_one_that_is_there(self):
        server = self.one_process("pxrec").pid
        self.rec(["up"])
        self.assertEqual(self.one_process("pxrec").pid, server)
        self.expect(0, ["true"])

    def test_status(self):
        done = self.rec(["status"])
        self.assertEqual(done.code, 0, done)
        self.assertIn(str(self.one_process("pxrec").pid).encode(), done.out)

    def test_env_leads_there(self):
        done = self.rec(["env"])
        self.assertEqual(done.code, 0, done)
        self.assertRegex(done.out, rb"PXLAUNCH_\w+=")

    def test_down_ends_jobs_if_told_to(self):
        running = self.start(["-n", "2", "--oversubscribe", "end_with", "0", "600"])
        running.wait_for(b"ends with", count=2)
        self.assertEqual(self.rec(["down"]).code, 125)  # not by accident
        self.assertEqual(self.rec(["down", "--force"]).code, 0)
        self.assertNotEqual(running.finish(20).code, 0)
        self.assertEqual(self.processes(), [])

    def test_after_down_a_launch_starts_its_own(self):
        self.assertEqual(self.rec(["down"]).code, 0)
        self.check_clean()
        self.expect(0, ["true"])


class Jobs(_Server):
    def setUp(self):
        super().setUp()
        self.job = self.start(["-n", "2", "--oversubscribe", "end_with", "0", "600"])
        self.job.wait_for(b"ends with", count=2)
        self.pids = sorted(process.pid for process in self.processes("end_with"))

    def job_name(self):
        env = pxtest.read_bytes(f"/proc/{self.pids[0]}/environ")
        return re.search(rb"(?:^|\0)PXLAUNCH_JOB=([^\0]*)", env).group(1).decode()

    def test_ps_and_kill(self):
        done = self.rec(["ps"])
        self.assertEqual(done.code, 0, done)
        for pid in self.pids:
            self.assertIn(str(pid).encode(), done.out)
        self.assertIn(self.job_name().encode(), done.out)
        self.assertEqual(self.rec(["ps", self.job_name()]).code, 0)

        done = self.rec(["kill", self.job_name()])
        self.assertEqual(done.code, 0, done)
        self.assertIn(self.job.finish(20).code, (137, 143))

    def test_kill_of_an_unknown_job(self):
        done = self.rec(["kill", "no-such-job"])
        self.assertNotEqual(done.code, 0)
        self.assertIn(b"'no-such-job'", done.err)
        self.assertIsNone(self.job.popen.poll())
        self.assertEqual(self.job.signal(15).finish().code, 143)


class Without(pxtest.Case):
    """No server is up."""

    def test_status_and_down(self):
        for command in ("status", "down", "ps"):
            done = self.rec([command])
            self.assertNotIn(b"terminate called", done.err)
            self.assertTrue(done.out + done.err, command)

    def test_probe(self):
        done = self.rec(["probe"])
        self.assertEqual(done.code, 0, done)
        self.assertIn(b"local", done.out)

    def test_unknown_command(self):
        done = self.rec(["stauts"])
        self.assertEqual(done.code, 2)
        self.assertIn(b"'status'", done.err)


class Run(pxtest.Case):
    def test_status_of_the_command(self):
        self.assertEqual(self.rec(["run", "--", "sh", "-c", "exit 7"]).code, 7)
        self.assertEqual(self.rec(["run", "--", "no-such-program"]).code, 127)

    def test_jobs_of_a_script(self):
        script = "pxlaunch -n 2 --oversubscribe echo one && pxlaunch -n 1 echo two; exit 4"
        done = self.rec(["run", "--", "sh", "-c", script])
        self.assertEqual((done.code, done.out), (4, b"one\none\ntwo\n"), done)

    def test_environment_of_a_script(self):
        done = self.rec(["run", "--", "env", "-0"])
        env = dict(entry.split(b"=", 1) for entry in done.out.split(b"\0") if entry)
        self.assertEqual(env.get(b"PXLAUNCH_NNODES"), b"1")
        self.assertEqual(int(env[b"PXLAUNCH_CORES_PER_NODE"]), cores())
        self.assertTrue(env.get(b"PXLAUNCH_NODELIST"))
        self.assertEqual([name for name in env if name.startswith(b"PMIX_")], [])

    def test_killed(self):
        self.may_leave_files = True
        running = self.start_program(
            ["pxrec", "run", "--", "pxlaunch", "end_with", "0", "600"])
        running.wait_for(b"ends with")
        running.signal(9).finish()

    def test_terminated(self):
        running = self.start_program(
            ["pxrec", "run", "--", "pxlaunch", "end_with", "0", "600"])
        running.wait_for(b"ends with")
        self.assertEqual(running.signal(15).finish().code, 143)


class Shared(_Server):  # ctest: serial timeout=120
    """Twenty jobs at once on one server never share a core; what does not fit waits."""

    SCRIPT = "date +%s.%N; grep Cpus_allowed_list /proc/self/status; sleep 0.3; date +%s.%N"

    def test_twenty_at_once(self):
        jobs = [self.start(["-n", "1", "sh", "-c", self.SCRIPT]) for _ in range(20)]
        seen = []
        for job in jobs:
            done = job.finish(60)
            self.assertEqual(done.code, 0, done)
            start, cpus, end = done.out.decode().split("\n")[:3]
            seen.append((float(start), float(end), cpu_set(cpus.split()[-1])))
        for i, one in enumerate(seen):
            for other in seen[:i]:
                if one[0] < other[1] and other[0] < one[1]:
                    self.assertEqual(one[2] & other[2], set(), f"{one} {other}")

    def test_no_wait_is_an_error_when_full(self):
        full = self.start(["-n", str(cores()), "end_with", "0", "600"])
        full.wait_for(b"ends with", count=cores())
        done = self.launch(["--no-wait", "-n", "1", "true"])
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"pxlaunch: error: ", done.err)
        self.assertEqual(full.signal(15).finish().code, 143)

    def test_a_waiting_job_that_is_killed_leaves_the_queue(self):
        full = self.start(["-n", str(cores()), "end_with", "0", "600"])
        full.wait_for(b"ends with", count=cores())
        waiting = self.start(["-n", "1", "true"])
        waiting.wait_for(b"pxlaunch: ", stream="err", timeout=20)  # says so after a while
        waiting.signal(9).finish()
        self.assertEqual(full.signal(15).finish().code, 143)
        self.expect(0, ["-n", "1", "true"])

    def test_a_job_that_can_never_fit(self):
        done = self.launch(["-n", "5000", "true"])
        self.assertEqual(done.code, 125, done)


def cores():
    """Cores, not hardware threads, that we may use."""
    found = set()
    for cpu in os.sched_getaffinity(0):
        path = f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
        found.add(pxtest.read_bytes(path) or cpu)
    return len(found)


def cpu_set(text):
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found
