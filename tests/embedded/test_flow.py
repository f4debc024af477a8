"""Nobody holds what nobody reads: the memory of server and client stays small."""
import subprocess
import time

import pxtest

LIMIT = 64 << 20
SIZE = 128_000_000


class Stopped(pxtest.Case):  # ctest: unsanitized serial timeout=180
    def flood(self, **options):
        self.checker = subprocess.Popen(
            [pxtest.program("flood"), "check", "4", str(SIZE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self._close, self.checker)
        running = self.start(["-n", "4", "--oversubscribe", "flood", str(SIZE)],
                             stdout=self.checker.stdin, **options)
        self.eventually("output flows", lambda: len(self.processes("flood")) == 4)
        return running

    def check_memory(self):
        ours = [p for p in self.processes() if p.name in ("pxlaunch", "pxrec")]
        peaks = {process.name: process.memory() for process in ours}
        self.assertEqual(sorted(peaks), ["pxlaunch", "pxrec"])
        for name, peak in peaks.items():
            self.assertLess(peak, LIMIT, name)

    def complete(self, running):
        done = running.finish(90)
        verdict = self.checker.communicate(timeout=60)[0]
        self.assertEqual((done.code, verdict), (0, b"ok\n"), done)

    def test_pxlaunch_stopped_for_ten_seconds(self):
        running = self.flood()
        pxlaunch = self.one_process("pxlaunch")
        pxlaunch.kill(19)
        time.sleep(10)  # this is the test: time in which memory could grow
        self.check_memory()
        pxlaunch.kill(18)
        self.complete(running)

    def test_a_reader_that_stops(self):
        running = self.flood()
        self.checker.send_signal(19)
        time.sleep(5)  # as above
        self.check_memory()
        self.checker.send_signal(18)
        self.complete(running)


class Input(pxtest.Case):  # ctest: unsanitized serial timeout=120
    def test_a_rank_that_does_not_read(self):
        with open("/dev/zero", "rb") as zeros:
            running = self.start(["end_with", "0", "8"], stdin=zeros).wait_for(b"ends with")
        self.assertEqual(running.popen.poll(), None)
        time.sleep(4)  # time in which memory could grow
        for name in ("pxlaunch", "pxrec"):
            self.assertLess(self.one_process(name).memory(), LIMIT, name)
        self.assertEqual(running.finish().code, 0)
