"""The test helper itself: what it must notice, it notices."""
import pathlib
import subprocess
import sys
import tempfile
import textwrap

import pxtest

SAMPLE = textwrap.dedent('''
    import pxtest
    class Sample(pxtest.Case):
        def test_process_left(self):
            # It is there when it has written its line: while a process executes another program it has no environment.
            left = "setsid sh -c 'echo; exec >&2; sleep 60; :' 2>/dev/null"
            self.start_program(["sh", "-c", f"({left} &) | read line; exit 0"]).finish()
        def test_file_left(self):
            (self.tmp / "rendezvous").write_text("")
        def test_output(self):
            done = self.start_program(["sh", "-c", "cat; exit 7"], stdin=b"abc").finish()
            self.assertEqual((done.code, done.out), (7, b"abc"))
        def test_skip(self):
            pxtest.program("no-such-program")
''')


class Helper(pxtest.Case):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.sample = pathlib.Path(cls.directory.name) / "sample.py"
        cls.sample.write_text(SAMPLE)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def run_sample(self, test):
        argv = [sys.executable, "-B", pxtest.__file__, self.sample, "Sample." + test]
        return subprocess.run(argv, stdout=subprocess.PIPE, timeout=60, check=False)

    def test_a_process_left_behind_fails(self):
        done = self.run_sample("test_process_left")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"alive after", done.stdout)

    def test_a_file_left_behind_fails(self):
        done = self.run_sample("test_file_left")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"files left behind", done.stdout)

    def test_output_and_status_arrive(self):
        self.assertEqual(self.run_sample("test_output").returncode, 0)

    def test_a_skip_is_77_with_its_reason(self):
        done = self.run_sample("test_skip")
        self.assertEqual(done.returncode, 77)
        self.assertIn(b"SKIP no-such-program is not built\n", done.stdout)
