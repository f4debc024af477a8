"""Tests of DVMs that pxrec and pxlaunch start: three nodes, and a hostfile that names them."""
import pxlab


class DvmCase(pxlab.LabCase):
    DVM = False

    def setUp(self):
        super().setUp()
        self.may_leave_files = True
        self.hostfile("n1 slots=2", "n2 slots=2", "n3 slots=2")

    def hostfile(self, *lines):
        (self.home / "hosts").write_text("".join(line + "\n" for line in lines))

    def pxrec(self, *words, timeout=30, **options):
        return self.start_program(["pxrec", *words], **options).finish(timeout)

    def up(self, *options, env=None):
        done = self.pxrec("up", "--hostfile", "hosts", "--prrte", "/usr", *options, env=env)
        self.assertEqual(done.code, 0, done)
        return done

    def refused(self, *words, options=(), code=125):
        done = self.pxrec("up", "--hostfile", "hosts", "--prrte", "/usr", *options)
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertIn(word, done.err)
        self.check_gone()

    def check_gone(self, within=5):
        """No daemon is left on any node."""
        def daemons():
            return [p for node in self.lab("hosts").split() for p in self.nodes_pids(node)
                    if p.name in ("prte", "prted", "pxrec", "pxguard")]
        self.eventually("every daemon is gone", lambda: not daemons(), within)

    def on_head(self, name):
        return [p for p in self.nodes_pids("n1") if p.name == name]
