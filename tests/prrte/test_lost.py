"""Whoever is lost, the job ends, says why, and leaves nothing: pxlaunch, a daemon, the head, a node, the network."""
import signal
import time

import pxlab
import pxtest


class _Lost(pxlab.LabCase):
    """Each test has nodes and a DVM of its own: most end them."""

    DVM = False

    def setUp(self):
        self.start_dvm()
        super().setUp()
        self.may_leave_files = True

    def job(self, *options):
        running = self.start([*options, "-n", "6", "--map-by", "node", "grandchild", "stay"])
        return running.wait_for(b"left a grandchild", count=6)

    def daemons(self, node):
        return [p for p in self.nodes_pids(node) if p.name in ("prte", "prted")]


class Launcher(_Lost):  # ctest: serial timeout=60
    def test_killed(self):
        running = self.job()
        running.signal(signal.SIGKILL).finish()
        self.check_clean(5)
        self.check_slots_are_free()


class _Bare(_Lost):
    """Ranks whose shims cannot reach pxlaunch do not see its end; its guardian does, and ends the job."""

    def setUp(self):
        super().setUp()
        self.cut_off()


class Bare(_Bare):  # ctest: serial timeout=60
    def test_killed(self):
        running = self.job()
        running.signal(signal.SIGKILL).finish()
        self.check_clean(5)
        self.check_slots_are_free()


class BareWithout(_Bare):  # ctest: serial timeout=60
    def test_the_guardian_is_killed(self):
        """Which nobody notices."""
        running = self.start(["-n", "6", "end_with", "3", "5"]).wait_for(b"ends with", count=6)
        [p for p in self.nodes_pids("n1") if p.name == "pxguard"][0].kill()
        self.assertEqual(running.finish(20).code, 3)


class Rank(_Lost):  # ctest: serial timeout=60
    def test_killed(self):
        running = self.job()
        [p for p in self.processes("grandchild") if "stay" in p.command][0].kill()
        done = running.finish(20)
        self.assertEqual(done.code, 137, done)
        self.assertIn(b"was killed by SIGKILL", done.err)

    def test_its_shim_is_killed(self):
        """Either of its two processes: the other ends all that the rank started."""
        for which in (0, -1):
            running = self.job()
            shims = [p for p in self.nodes_pids("n2") if p.name == "pxwrap"]
            shims[which].kill()
            done = running.finish(20)
            self.assertEqual(done.code, 137, done)
            self.check_clean(5)


class Daemon(_Lost):  # ctest: serial timeout=60
    def test_killed(self):
        running = self.job()
        for daemon in self.daemons("n2"):
            daemon.kill()
        done = running.finish(20)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"pxlaunch: error: ", done.err)
        self.check_clean(5)


class Head(_Lost):  # ctest: serial timeout=60
    def test_killed(self):
        running = self.job()
        for daemon in self.daemons("n1"):
            daemon.kill()
        done = running.finish(20)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"lost the runtime", done.err)
        self.check_clean(5)


class Both(_Lost):  # ctest: serial timeout=60
    def test_head_and_launcher_killed(self):
        running = self.job()
        for daemon in self.daemons("n1"):
            daemon.kill()
        running.signal(signal.SIGKILL).finish()
        self.check_clean(5)


class Network(_Lost):  # ctest: serial timeout=90
    def test_cut(self):
        running = self.job()
        begin = time.monotonic()
        self.in_network("n3", "ip", "link", "set", "eth0", "down")
        done = running.finish(40)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"n3", done.err)
        self.assertLess(time.monotonic() - begin, 30 * pxtest.SLOW)
        self.check_clean(15)  # on the node that was cut off, too: its shims notice by themselves


class Power(_Lost):  # ctest: serial timeout=90
    def test_of_a_node_fails(self):
        running = self.job()
        self.lab("kill", "n3")
        done = running.finish(40)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"n3", done.err)
