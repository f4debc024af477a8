"""Too few descriptors or processes: a job runs whole or is refused with a reason, whatever runs out where."""
import os
import resource

import pxtest


class Exhausted(pxtest.Case):  # ctest: timeout=120 unsanitized
    def setUp(self):
        super().setUp()
        self.may_leave_files = True  # a server that could not start keeps its log

    def limited(self, kind, limit, **options):
        def lower():
            resource.setrlimit(kind, (limit, limit))
            if kind == resource.RLIMIT_NPROC:
                os.setgid(61234)  # root is not limited
                os.setuid(61234)
        return self.launch(["-n", "2", "--oversubscribe", "true"], preexec_fn=lower, **options)

    def check(self, done, limit):
        if done.code == 0:
            self.assertEqual(done.err, b"", limit)
            return True
        self.assertEqual(done.code, 125, f"{limit}: {done}")
        self.assertIn(b"pxlaunch: error: ", done.err)
        self.assertIn(b"pxlaunch: hint: ", done.err)
        return False

    def test_open_files(self):
        seen = b""
        for limit in range(6, 32):
            done = self.limited(resource.RLIMIT_NOFILE, limit)
            seen += done.err
            ran = self.check(done, limit)
            self.check_clean()
        self.assertTrue(ran)
        for reason in (b"cannot make a pipe: too many open files", b"cannot make a socket: too many",
                       b"raise the limit of open files (ulimit -n)"):
            self.assertIn(reason, seen)

    def test_processes(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to become a user without processes")
        os.chmod(self.home, 0o755)
        for directory in (self.run_directory, self.tmp):
            os.chown(directory, 61234, 61234)
        seen = b""
        for limit in range(1, 10):
            done = self.limited(resource.RLIMIT_NPROC, limit)
            seen += done.err
            ran = self.check(done, limit)
            self.check_clean()
        self.assertTrue(ran)
        self.assertIn(b"resource temporarily unavailable", seen)
