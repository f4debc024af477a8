"""The exit-status table of the embedded server, on a PRRTE DVM over three nodes."""
import importlib.util
import pathlib

import pxlab

spec = importlib.util.spec_from_file_location(
    "embedded_exit", pathlib.Path(__file__).resolve().parents[1] / "embedded/test_exit.py")
embedded = importlib.util.module_from_spec(spec)
spec.loader.exec_module(embedded)


class Codes(pxlab.LabCase, embedded.Codes):  # ctest: serial timeout=120
    pass


class NotRun(pxlab.LabCase, embedded.NotRun):  # ctest: serial timeout=120
    def test_a_directory_as_program(self):
        self.refused(126, [self.node_home], self.node_home.encode())

    def test_too_many_processes(self):
        self.refused(125, ["-n", "5000", "--map-by", "core:nooversubscribe", "true"], b"too few free slots",
                     b"pxlaunch: hint: ")

    def test_a_program_that_speaks_another_pmi(self):
        done = self.launch(["-N", "2", "init_finalize_mpich"], timeout=60)
        self.assertNotIn(b"1 processes", done.out)
        if b"unsupported PMI version PMIx" not in done.err:  # MPICH 5 says it itself
            self.assertEqual(done.code, 125, done)
            self.assertIn(b"asks for PMI-1", done.err)

    def test_missing_on_one_node(self):
        self.lab("exec", "n1", "sh", "-c", "cp /bin/true /tmp/here; chmod +x /tmp/here")
        self.lab("exec", "n2", "sh", "-c", "cp /bin/true /tmp/here; chmod +x /tmp/here")
        self.refused(127, ["-n", "3", "--map-by", "node", "/tmp/here"], b"/tmp/here", b"n3")

    def test_no_shim(self):
        """Without it PRRTE 3.0.8 might lose the end: nothing is started, and nothing hangs."""
        copy = "mkdir -p /tmp/only && cp /build/release/bin/pxlaunch /tmp/only/"
        self.lab("exec", "n1", "sh", "-c", copy)
        done = self.start_program(["/tmp/only/pxlaunch", "-n", "3", "true"]).finish(20)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"there is no 'pxwrap' beside pxlaunch", done.err)
        self.lab("exec", "n1", "sh", "-c", copy.replace("bin/pxlaunch", "bin/pxwrap"))
        done = self.start_program(["/tmp/only/pxlaunch", "-n", "3", "--map-by", "node", "true"]).finish(20)
        self.assertEqual(done.code, 125, done)  # n2 and n3 have none
        self.assertIn(b"is pxwrap installed at the same path on every node?", done.err)
        if self.KIND != "prrte5":  # which keeps the slots of such a job for good, in 12 of 100
            self.check_slots_are_free()

    def test_unknown_host(self):
        self.refused(2, ["-n", "1", "--host", "n9", "true"], b"'n9' is not a node of this server", b"n1, n2, n3")


class Timeouts(pxlab.LabCase, embedded.Timeouts):  # ctest: serial timeout=120
    pass


class Signals(pxlab.LabCase, embedded.Signals):  # ctest: serial timeout=180
    pass


class Grandchildren(pxlab.LabCase, embedded.Grandchildren):  # ctest: serial timeout=60
    pass
