"""pxrec up and run over a hostfile: a PRRTE DVM by ssh, its slots, its owner, and why it does not start."""
import signal
import time

import dvmcase
import pxlab


class Up(dvmcase.DvmCase):  # ctest: serial timeout=120
    def test_from_up_to_down(self):
        self.assertIn(b"serving 6 slots on 3 nodes with PRRTE", self.up().out)
        self.assertIn(b"6 processes, up to 2 per node, 3 nodes", self.expect(0, ["-N", "2", "init_finalize"]).out)
        self.assertIn(b"6 processes", self.expect(0, ["init_finalize"]).out)  # all slots
        self.assertIn(b"6 slots on 3 nodes with PRRTE", self.pxrec("status").out)
        again = self.pxrec("up", "--hostfile", "hosts", "--prrte", "/usr")
        self.assertEqual(again.code, 125, again)
        self.assertIn(b"runs already", again.err)
        self.assertEqual(self.pxrec("down").code, 0)
        self.check_gone()

    def test_twenty_at_once_share_it(self):
        """Six ranks fit: the rest waits its turn, and no hardware thread of a node is given out twice."""
        self.up()
        script = "b=$(date +%s%N); sleep 0.1; echo $(hostname) $b $(date +%s%N)"
        running = [self.start(["-n", "2", "sh", "-c", script]) for _ in range(20)]
        spans = []
        for each in running:
            done = each.finish(60)
            self.assertEqual((done.code, pxlab.but_for_waiting(done.err)), (0, b""), done)
            spans += [(host, int(begin), int(end)) for host, begin, end in
                      (line.split() for line in done.out.decode().splitlines())]
        self.assertEqual(len(spans), 40)
        for node in ("n1", "n2", "n3"):
            edges = sorted([(begin, 1) for host, begin, _ in spans if host == node] +
                           [(end, -1) for host, _, end in spans if host == node])
            at_once = most = 0
            for _, step in edges:
                at_once += step
                most = max(most, at_once)
            self.assertLessEqual(most, 2, node)
        self.assertEqual(self.pxrec("down").code, 0)

    def test_one_that_does_not_fit_now(self):
        self.up()
        first = self.start(["-n", "5", "end_with", "0", "600"]).wait_for(b"ends with", count=5)
        done = self.expect(125, ["-n", "2", "--no-wait", "true"])
        self.assertIn(b"does not fit now: 5 of 6 slots are taken", done.err)
        done = self.pxrec("down")
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"--force", done.err)
        self.assertEqual(self.pxrec("down", "--force").code, 0)
        self.assertEqual(first.finish().code, 125)
        self.check_gone()

    def test_inside_a_rank(self):
        """On another node than the head's."""
        self.up()
        inner = "pxlaunch -n 2 --tag hostname"
        done = self.expect(0, ["-n", "1", "--host", "n2", "sh", "-c", inner], timeout=60)
        self.assertEqual(done.out.count(b": n"), 2, done)
        self.assertEqual(self.pxrec("down").code, 0)


class Run(dvmcase.DvmCase):  # ctest: serial timeout=60
    def test_a_script(self):
        script = "pxlaunch -N 1 --tag hostname; exit 7"
        done = self.pxrec("run", "--hostfile", "hosts", "--prrte", "/usr", "--", "sh", "-c", script)
        self.assertEqual(done.code, 7, done)
        self.assertEqual(sorted(done.out.splitlines()), [b"0: n1", b"1: n2", b"2: n3"])
        self.check_gone()


class NotStarted(dvmcase.DvmCase):  # ctest: serial timeout=120
    def test_an_unknown_host(self):
        self.hostfile("n1", "nowhere")
        self.refused(b"the PRRTE daemons did not start", b"nowhere: ssh: Could not resolve hostname")

    def test_a_host_that_does_not_answer(self):
        self.hostfile("n1", "n3", "10.71.0.77")
        self.refused(b"10.71.0.77: ", options=["--start-timeout", "5"])

    def test_a_key_that_is_refused(self):
        keys = self.state() / "home/user/.ssh"
        (keys / "id_ed25519").rename(keys / "away")
        self.addCleanup((keys / "away").rename, keys / "id_ed25519")
        self.refused(b"n2: ", b"Permission denied", b"must work without a password")

    def test_no_prrte(self):
        done = self.pxrec("up", "--hostfile", "hosts")
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"there is no PRRTE here", done.err)

    def test_no_hostfile(self):
        done = self.pxrec("up", "--hostfile", "none", "--prrte", "/usr")
        self.assertEqual(done.code, 2, done)
        self.assertIn(b"none", done.err)


class SharedNode(dvmcase.DvmCase):  # ctest: serial timeout=60
    KIND = "prrte"  # 5 needs no such care

    def test_a_node_that_others_can_use(self):
        self.add_second_user()
        self.refused(b"lets other users of this node run commands as you", b"user and other", b"--allow-shared-node")
        self.lab("exec", "n1", "sed", "-i", "s/^passwd:.*/passwd: files sss/", "/etc/nsswitch.conf", uid=0)
        self.refused(b"the users of 'sss' (/etc/nsswitch.conf) can log in here", b"--allow-shared-node")
        self.up("--allow-shared-node")
        found = self.lab("exec", "n1", "sh", "-c", "find /tmp -name '*rendezvous*' -o -name 'uri' -o -name 'pmix*'")
        self.assertTrue(found.split())
        for path in found.split():
            top = self.lab("exec", "n1", "stat", "-c", "%a", "/" + "/".join(path.split("/")[1:3]))
            self.assertEqual(top.strip(), "700", path)
        self.assertEqual(self.pxrec("down").code, 0)


class Killed(dvmcase.DvmCase):  # ctest: serial timeout=120
    def job(self):
        self.up()
        return self.start(["-n", "6", "grandchild", "stay"]).wait_for(b"left a grandchild", count=6)

    def test_prte(self):
        job = self.job()
        self.on_head("prte")[0].kill()
        done = job.finish(20)
        self.assertEqual(done.code, 125, done)
        self.eventually("nothing of the job lives", lambda: not self.processes("grandchild"), 5)
        self.up()  # what is left does not stand in the way
        self.assertEqual(self.pxrec("down").code, 0)
        self.check_gone()

    def test_the_keeper(self):
        job = self.job()
        self.on_head("pxrec")[0].kill()
        self.assertEqual(job.finish(20).code, 125)
        self.check_gone(10)
        for _ in range(2):  # never silently on this node alone
            done = self.expect(125, ["true"])
            self.assertIn(b"the DVM on n1,n2,n3 is gone, its keeper (pid ", done.err)
            self.assertIn(b"start it again with 'pxrec up --hostfile FILE'", done.err)
        self.expect(0, ["--rec", "local", "true"])
        self.assertEqual(self.pxrec("down").code, 125)
        self.expect(0, ["true"])

    def test_everything_of_pxrec(self):
        job = self.job()
        for name in ("pxguard", "pxrec"):
            self.on_head(name)[0].kill(signal.SIGKILL)
        self.assertEqual(job.finish(30).code, 125)
        self.check_gone(10)


class Idle(dvmcase.DvmCase):  # ctest: serial timeout=60
    def test_it_ends(self):
        self.up("--idle", "3")
        self.expect(0, ["-n", "2", "true"])
        begin = time.monotonic()
        self.check_gone(10)
        self.assertGreater(time.monotonic() - begin, 0.5)


class Hostfile(dvmcase.DvmCase):  # ctest: serial timeout=120
    """pxlaunch itself starts the DVM of the nodes that it is given."""

    def setUp(self):
        super().setUp()
        self.env["PXLAUNCH_REC"] = "prrte:/usr"
        self.check_gone(8)  # that of the test before

    def test_one_launch(self):
        done = self.expect(0, ["--hostfile", "hosts", "-N", "1", "--tag", "hostname"])
        self.assertEqual(sorted(done.out.splitlines()), [b"0: n1", b"1: n2", b"2: n3"])
        self.check_gone(8)  # it ends soon after its last job

    def test_twenty_at_once_start_one(self):
        running = [self.start(["--hostfile", "hosts", "-n", "2", "hostname"]) for _ in range(20)]
        holds = self.start(["--hostfile", "hosts", "-n", "1", "end_with", "0", "600"])  # it would rest for 2 s only
        for each in running:
            done = each.finish(60)
            self.assertEqual((done.code, pxlab.but_for_waiting(done.err), len(done.out.split())), (0, b"", 2), done)
        holds.wait_for(b"ends with")
        self.assertEqual(len([p for p in self.nodes_pids("n1") if p.name == "prte"]), 1)
        self.assertEqual(holds.signal(signal.SIGTERM).finish().code, 143)
        self.check_gone(8)

    def test_a_signal_while_it_starts(self):
        self.hostfile("n1", "10.71.0.77")  # where nobody answers
        running = self.start(["--hostfile", "hosts", "true"])
        self.eventually("ssh is under way", lambda: [p for p in self.nodes_pids("n1") if p.name == "ssh"])
        done = running.signal(signal.SIGINT).finish(5)
        self.assertEqual(done.code, 130, done)
        self.assertIn(b"SIGINT: the job was not started", done.err)
        for process in self.nodes_pids("n1"):  # its own deadline would end it later
            if process.name in ("pxrec", "prte"):
                process.kill(signal.SIGTERM)
        self.check_gone(8)

    def test_named_hosts(self):
        self.assertEqual(self.expect(0, ["--host", "n2:2", "-n", "2", "hostname"]).out, b"n2\nn2\n")
        self.check_gone(8)

    def test_not_started(self):
        done = self.expect(125, ["--hostfile", "hosts", "--no-start", "true"])
        self.assertIn(b"--no-start was given", done.err)
        done = self.expect(125, ["--hostfile", "hosts", "true"], env={"PXLAUNCH_REC": "prrte:/nowhere"})
        self.assertIn(b"there is no PRRTE here: no program '/nowhere/bin/prte'", done.err)
        self.hostfile("n1", "nowhere")
        done = self.expect(125, ["--hostfile", "hosts", "true"])
        self.assertIn(b"nowhere: ssh: Could not resolve hostname", done.err)

    def test_this_node_alone_needs_none(self):
        self.hostfile("n1 slots=2")
        self.expect(0, ["--hostfile", "hosts", "-n", "2", "true"], env={"PXLAUNCH_REC": None})
        self.check_gone(2)
