"""Ranks that end before PRRTE has seen them run: prun hangs, or loses their codes; pxlaunch does not."""
import os

import pxlab


class _ManyCase(pxlab.LabCase):
    def many(self, count, *options, deadline=20, timeout=600):
        done = self.start_program(["python3", "/src/tests/prrte/many.py", str(count), "6", str(deadline), *options])
        self.assertEqual(done.finish(timeout).out.decode(), "wrong: 0\n")


class Short(_ManyCase):  # ctest: serial timeout=600
    def test_a_thousand(self):
        self.many(1000)
        self.check_slots_are_free()


class NoChannel(_ManyCase):  # ctest: serial timeout=1200
    def test_refused(self):
        """Every rank is held until 300 ms after its start, and reports in its errors."""
        self.cut_off("reject with tcp reset")
        self.many(int(os.environ.get("PX_MANY", "60")), timeout=1200)  # half a second each
        self.check_slots_are_free()


class Silence(_ManyCase):  # ctest: serial timeout=120
    def test_swallowed(self):
        self.cut_off("drop")
        self.many(10)
