"""Before there is a job: a server that does not answer, and who hears of what did not start."""
import json
import os
import shutil
import signal
import socket

import pxtest


class Mute(pxtest.Case):
    """A server that takes the connection and says nothing."""

    def setUp(self):
        super().setUp()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.listener.settimeout(20 * pxtest.SLOW)
        port = self.listener.getsockname()[1]
        self.uri = ["--uri", f"mute.0;tcp4://127.0.0.1:{port}"]

    def attaching(self, *options):
        running = self.start([*self.uri, *options, "true"])
        peer, _ = self.listener.accept()
        self.addCleanup(peer.close)
        return running

    def test_the_deadline(self):
        done = self.expect(125, [*self.uri, "--start-timeout", "1", "true"])
        self.assertIn(b"does not answer", done.err)
        self.assertIn(b"--start-timeout", done.err)

    def test_signals_end_it_at_once(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            done = self.attaching().signal(number).finish(timeout=5)
            self.assertEqual(done.code, 128 + number)
            name = signal.Signals(number).name.encode()
            self.assertEqual(done.err, b"pxlaunch: error: %s: the job was not started\n" % name)

    def test_the_report_ends_too(self):
        running = self.attaching("--report", str(self.home / "report"))
        self.assertEqual(json.loads((self.home / "report").read_text())["state"], "started")
        self.assertEqual(running.signal(signal.SIGTERM).finish().code, 143)
        report = json.loads((self.home / "report").read_text())
        self.assertEqual((report["state"], report["status"]), ("ended", 143))
        self.assertIn("not started", report["message"])


class Silent(pxtest.Case):
    def test_a_signal_while_the_server_starts(self):
        # As long as pxrec is stopped it is not ready.
        stop = self.home / "pxrec"
        stop.write_text('#!/bin/sh\nexec >/dev/null 2>&1\nkill -STOP $$\n')
        stop.chmod(0o755)
        shutil.copy(pxtest.program("pxlaunch"), self.home)
        running = self.start_program([str(self.home / "pxlaunch"), "true"])
        stopped = self.eventually("a stopped server", lambda: [
            each for each in self.processes("pxrec") if each.state() == "T"])
        done = running.signal(signal.SIGINT).finish(timeout=5)
        self.assertEqual(done.code, 130)
        self.assertIn(b"the job was not started", done.err)
        for each in stopped:
            each.kill()


class Followers(pxtest.Case):
    def events(self, arguments, code=0):
        read, write = os.pipe()
        running = self.start(["--status-fd", str(write), *arguments], pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as stream:
            lines = stream.readlines()
        self.assertEqual(running.finish().code, code)
        return [json.loads(line) for line in lines]

    def test_status(self):
        events = self.events(["-n", "2", "end_with", "0,7", "0.1"], code=7)
        self.assertEqual([event["event"] for event in events],
                         ["started", "rank-ended", "rank-ended", "ended"])
        self.assertEqual((events[0]["np"], events[-1]["status"]), (2, 7))

    def test_the_number_of_ranks_that_only_the_server_knows(self):
        for pattern, np in (("ppr:3:node", 3), ("ppr:1:package", None)):
            events = self.events(["--map-by", pattern, "--oversubscribe", "true"])
            ranks = [event for event in events if event["event"] == "rank-ended"]
            self.assertEqual(events[0]["np"], np or len(ranks))
            self.assertEqual(len(ranks), events[0]["np"])

    def test_report(self):
        self.expect(7, ["-n", "2", "--report", str(self.home / "report"),
                        "end_with", "0,7", "0.1"])
        report = json.loads((self.home / "report").read_text())
        self.assertEqual((report["state"], report["status"]), ("ended", 7))
        self.assertEqual(report["first_failure"], 1)
        self.assertEqual(sorted(rank["rank"] for rank in report["ranks"]), [0, 1])
