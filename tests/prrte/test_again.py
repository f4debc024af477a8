"""A DVM of ours that has died is started again by the next launch, once, and it is said once."""
import signal

import dvmcase
import pxlab
import pxtest

SAID = b"pxlaunch: the DVM on n1,n2,n3 had died (prte was killed by SIGKILL); started again\n"


class _AgainCase(dvmcase.DvmCase):
    def kill_prte(self):
        """Returns when its keeper knows."""
        self.on_head("prte")[0].kill()
        self.eventually("it is known", lambda: b"has died" in self.pxrec("status").out)

    @staticmethod
    def waits_at_a_listener(process):
        """Whether somebody has connected, on its node, to a process that accepts nobody."""
        rows = [row.split() for row in pxtest.read_bytes(f"/proc/{process.pid}/net/tcp").splitlines()[1:]]
        return any(row[3] == b"0A" and not row[4].endswith(b":00000000") for row in rows)

    def launch_all(self, **options):
        return self.expect(0, ["-N", "1", "--tag", "hostname"], **options)

    def check_again(self, done):
        self.assertEqual((sorted(done.out.splitlines()), done.err), ([b"0: n1", b"1: n2", b"2: n3"], SAID), done)

    def check_all_free(self):
        """As soon as the keeper has seen that the last pxlaunch has hung up."""
        self.eventually("no slot is taken", lambda: b": 0 taken, 0 jobs, up " in self.pxrec("status").out)

    def end(self):
        self.assertEqual(self.pxrec("down").code, 0)
        self.check_gone()


class Again(_AgainCase):  # ctest: serial timeout=120
    def test_it_is_said_once(self):
        self.up()
        self.kill_prte()
        self.check_again(self.launch_all())
        self.assertEqual(self.launch_all().err, b"")
        self.check_all_free()
        self.end()

    def test_what_is_said_before(self):
        self.up()
        self.kill_prte()
        why = b"(prte was killed by SIGKILL)"
        self.assertIn(b"it has died " + why + b", and is started again by the next job", self.pxrec("status").out)
        self.assertIn(b'"died": true', self.pxrec("status", "--json").out)
        told = b"6 slots on n1,n2,n3); its DVM has died " + why + b", and is started again by the next job"
        self.assertIn(told, self.expect(0, ["--probe"]).out)
        self.assertIn(told, self.expect(0, ["--explain", "true"]).out)
        self.assertEqual(self.on_head("prte"), [])  # none of this has started it
        self.end()

    def test_a_job_that_ran_is_lost(self):
        """And all that it had, before the next one starts."""
        self.up()
        job = self.start(["-n", "6", "grandchild", "stay"]).wait_for(b"left a grandchild", count=6)
        waits = self.start(["-n", "6", "true"]).wait_for(b"6 of 6 slots are taken", stream="err")
        self.on_head("prte")[0].kill()
        for each in (job, waits):
            self.assertEqual(each.finish(20).code, 125)
        self.check_again(self.launch_all())
        self.eventually("nothing of it lives", lambda: not self.processes("grandchild"), 5)
        self.check_all_free()
        self.assertEqual(len(self.expect(0, ["-n", "6", "--no-wait", "hostname"]).out.split()), 6)  # no slot is lost
        self.end()

    def test_a_launch_that_is_stopped(self):
        """Its slots were the dead DVM's."""
        self.up()
        job = self.start(["-n", "6", "end_with", "0", "600"]).wait_for(b"ends with", count=6).signal(signal.SIGSTOP)
        self.kill_prte()
        self.assertEqual(self.expect(0, ["-n", "6", "--no-wait", "true"]).err, SAID)
        self.assertEqual(job.signal(signal.SIGCONT).finish(20).code, 125)
        self.end()

    def test_it_dies_twice(self):
        """Nobody starts it but a launch: it does not run in a circle."""
        self.up()
        keeper = self.on_head("pxguard")[0].pid
        for _ in range(2):
            self.kill_prte()
            self.assertEqual(self.on_head("prte"), [])
            self.check_again(self.launch_all())
        self.on_head("prte")[0].kill()
        self.check_again(self.launch_all())  # at once
        self.assertEqual([process.pid for process in self.on_head("pxguard")], [keeper])
        self.end()

    def test_it_dies_while_a_launch_attaches(self):
        self.up()
        prte = self.on_head("prte")[0]
        prte.kill(signal.SIGSTOP)
        job = self.start(["-N", "1", "--tag", "hostname"])
        self.eventually("it waits to be let in", lambda: self.waits_at_a_listener(prte))
        prte.kill()
        self.check_again(job.finish(20))
        self.end()

    def test_five_at_once(self):
        self.up()
        self.kill_prte()
        done = [each.finish(60) for each in [self.start(["-N", "1", "hostname"]) for _ in range(5)]]
        self.assertEqual([each.code for each in done], [0] * 5, done)
        self.assertEqual(pxlab.but_for_waiting(b"".join(each.err for each in done)), SAID)
        self.assertEqual(len(self.on_head("prte")), 1)
        self.end()

    def test_up_takes_its_place(self):
        self.up()
        self.kill_prte()
        self.hostfile("n1 slots=1", "n2 slots=1")
        self.assertIn(b"serving 2 slots on 2 nodes", self.up().out)
        self.assertEqual(self.expect(0, ["-N", "1", "--tag", "hostname"]).err, b"")
        self.end()


class Elsewhere(_AgainCase):  # ctest: serial timeout=60
    def test_in_a_script(self):
        """Its server is still the script's, and ends with it."""
        script = "pkill -9 -x prte; pxlaunch -N 1 --tag hostname && pxlaunch true"
        self.check_again(self.pxrec("run", "--hostfile", "hosts", "--prrte", "/usr", "--", "sh", "-c", script))
        self.check_gone()

    def test_of_a_hostfile(self):
        self.env["PXLAUNCH_REC"] = "prrte:/usr"
        job = self.start(["--hostfile", "hosts", "-n", "1", "end_with", "0", "600"]).wait_for(b"ends with")
        self.on_head("prte")[0].kill()
        self.assertEqual(job.finish().code, 125)
        self.check_again(self.expect(0, ["--hostfile", "hosts", "-N", "1", "--tag", "hostname"]))
        self.check_gone(8)


class NotAgain(_AgainCase):  # ctest: serial timeout=60
    def test_a_node_is_gone(self):
        self.up("--start-timeout", "4")
        self.on_head("prte")[0].kill()
        self.lab("kill", "n3")
        done = self.expect(125, ["-n", "1", "true"])
        self.assertIn(b"error: the DVM on n1,n2,n3 has died (prte was killed by SIGKILL) and cannot be started again: "
                      b"the PRRTE daemons were not ready after 3.6 s\n", done.err)
        self.assertIn(b"\npxlaunch:   n3: ssh has not answered yet\n", done.err)
        self.assertEqual(self.on_head("ssh"), [])
        done = self.start(["--start-timeout", "1", "true"]).finish()
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"it is not there after 1 s", done.err)
        self.assertIn(b"hint: --start-timeout allows it more time", done.err)
        running = self.start(["true"])
        self.eventually("it waits", lambda: any(each.blocks(signal.SIGINT) for each in self.on_head("pxlaunch")))
        done = running.signal(signal.SIGINT).finish(5)
        self.assertEqual(done.code, 130, done)
        self.assertIn(b"SIGINT: the job was not started", done.err)
        self.assertEqual(self.pxrec("down", "--force").code, 0)  # it has not noticed yet that nobody waits
        self.check_gone()
