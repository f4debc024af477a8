"""The program ep of apps/: it finds the published sums, and it notices when it does not."""
import shutil
import subprocess

import pxtest


class Ep(pxtest.Case):  # ctest: serial timeout=120
    def run_ep(self, code, old="", new=""):
        """The last line of class S, by a program in which something was changed."""
        source = (pxtest.TREE / "apps/ep.c").read_text()
        self.assertIn(old, source)
        (self.home / "ep.c").write_text(source.replace(old, new, 1))
        compiler = shutil.which("mpicc.openmpi") or shutil.which("mpicc")
        if compiler is None:
            self.skipTest("no mpicc here")
        subprocess.run([compiler, "-O2", "-o", self.home / "ep", self.home / "ep.c", "-lm"], check=True)
        done = self.expect(code, ["-n", "2", "--oversubscribe", str(self.home / "ep"), "S"])
        return done.out.splitlines()[-1].decode()

    def test_its_sums_are_the_published_ones(self):
        self.assertEqual(self.run_ep(0), "Verification: SUCCESSFUL")

    def test_wrong_sums_are_noticed(self):
        """Each of the two alone, where they begin to differ; another seed; and a pair that nobody has added."""
        for code, old, new in ((1, "-3.247834652034740e3", "-3.247834712034740e3"), (0, "-3.247834652034740e3", "-3.247834662034740e3"),
                               (1, "-6.958407078382297e3", "-6.958407178382297e3"), (1, "271828183", "271828185"), (1, "i = (uint64_t)rank", "i = (uint64_t)rank + 1")):
            with self.subTest(new):
                self.assertEqual(self.run_ep(code, old, new), f"Verification: {'UN' if code else ''}SUCCESSFUL")
