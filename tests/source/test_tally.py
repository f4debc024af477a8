"""The tally: a skip that is not allowed is a failure."""
import subprocess
import sys

import pxtest

REPORT = """<testsuite>
<testcase name="unit.a" status="run"/>
<testcase name="unit.b" status="fail"><failure/></testcase>
<testcase name="bench.c" status="notrun"><skipped/><system-out>SKIP no root
</system-out></testcase>
</testsuite>"""


class Tally(pxtest.Case):
    def tally(self, *options):
        report = self.home / "report.xml"
        report.write_text(REPORT)
        argv = [sys.executable, "-B", pxtest.TREE / "tests/support/tally.py", *options, report]
        return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)

    def test_counts_and_names_what_failed(self):
        done = self.tally("--may-skip", "bench")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: unit.b\n", done.stdout)
        self.assertIn("skipped: bench.c: no root\n", done.stdout)
        self.assertTrue(done.stdout.endswith("1 skipped\n1 passed, 1 failed\n"))

    def test_a_skip_that_may_not_be_fails(self):
        for allowed in ("none", "unit", "bench.d"):
            done = self.tally("--may-skip", allowed)
            self.assertIn(f"may be skipped: {allowed}\n", done.stdout)
            self.assertIn("MAY NOT BE: bench.c: no root\n", done.stdout)
            self.assertTrue(done.stdout.endswith("1 passed, 2 failed\n"))

    def test_one_test_may_be_named(self):
        done = self.tally("--may-skip", "bench.c other.d")
        self.assertIn("\nskipped: bench.c: no root\n", "\n" + done.stdout)

    def test_a_missing_report_fails(self):
        done = self.tally("--may-skip", "all", "/no/such/report.xml")
        self.assertIn("1 passed, 2 failed", done.stdout)
