"""Another user of the head's node, with the address of a DVM in hand: what PRRTE lets them do, and what we do about it."""
import pxlab


class _SecondUser(pxlab.LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_second_user()
        cls.lab("exec", "n1", "sh", "-c", "umask 022; cp /home/user/uri /tmp/uri", uid=0)

    def setUp(self):
        super().setUp()
        self.env["PXLAUNCH_URI"] = None

    def other(self, *argv, **options):
        """How it ends for uid 1001, who knows the address."""
        return self.start_program(argv, uid=1001, cwd="/tmp", **options).finish()

    def refused(self, done, *words):
        self.assertEqual((done.code, done.out), (125, b""), done)
        for word in words:
            self.assertIn(word, done.err)


class OnPrrte3(_SecondUser):  # ctest: serial timeout=90
    KIND = "prrte"

    def test_prun_runs_as_the_owner(self):
        """What 'pxrec up' warns of is true; where it is not any more, so is the warning not."""
        done = self.other("prun", "--dvm-uri", "file:/tmp/uri", "-n", "1", "id", "-u")
        self.assertEqual((done.code, done.out.split()), (0, [b"1000"]), done)

    def test_pxlaunch_does_not(self):
        why = b"the server %s runs as uid 1000, you are 1001" % self.uri.rpartition(".0;")[0].encode()
        for uri in ("file:/tmp/uri", self.uri):
            self.refused(self.other("pxlaunch", "--uri", uri, "id", "-u"), b"pxlaunch: error: --uri: " + why,
                         b"hint: leave it out: pxlaunch finds or starts a server of your own")
            self.refused(self.other("pxlaunch", "id", "-u", env={"PXLAUNCH_URI": uri}), b"PXLAUNCH_URI: " + why)

    def test_the_address_of_another_parent(self):
        """As in a shell of su: it is named, and a server of one's own is started."""
        done = self.other("pxlaunch", "id", "-u", env={"PMIX_SERVER_URI41": self.uri})
        self.assertEqual((done.code, done.out, done.err), (0, b"1001\n", b""))
        done = self.other("pxlaunch", "--probe", env={"PMIX_SERVER_URI41": self.uri})
        self.assertRegex(done.out, rb"parent +refused +PMIX_SERVER_URI41: the server .* runs as uid 1000, you are 1001")

    def test_an_address_of_ours_is_out_of_reach(self):
        self.may_leave_files = True
        (self.home / "hosts").write_text("n1 slots=2\nn2 slots=2\n")
        up = ["pxrec", "up", "--hostfile", "hosts", "--prrte", "/usr", "--allow-shared-node"]
        self.assertEqual(self.start_program(up).finish().code, 0)
        found = self.lab("exec", "n1", "sh", "-c", "grep -rl 'tcp4://' /tmp/pxlaunch-1000").split()
        self.assertIn("/tmp/pxlaunch-1000/pool.n1.none/rendezvous", found)
        for path in found:
            done = self.other("cat", path)
            self.assertEqual((done.code, done.out), (1, b""), done)
            self.assertIn(b"Permission denied", done.err)
            self.refused(self.other("pxlaunch", "--uri", "file:" + path, "true"), b"permission denied",
                         b"a server is for its owner alone: start your own with 'pxrec up'")
        self.assertEqual(self.other("pxlaunch", "id", "-u").out, b"1001\n")
        self.assertEqual(self.start_program(["pxrec", "down"]).finish().code, 0)


class OnPrrte5(_SecondUser):  # ctest: serial timeout=90
    KIND = "prrte5"

    def test_prun_is_refused(self):
        own = self.start_program(["prun", "--dvm-uri", "file:/home/user/uri", "-n", "1", "id", "-u"]).finish()
        self.assertEqual((own.code, own.out.split()), (0, [b"1000"]), own)
        for uri in ("file:/tmp/uri", self.uri):
            done = self.other("prun", "--dvm-uri", uri, "-n", "1", "id", "-u")
            self.assertEqual((done.code, done.out), (1, b""), done)

    def test_so_is_pxlaunch(self):
        self.refused(self.other("pxlaunch", "--uri", "file:/tmp/uri", "id"), b"runs as uid 1000, you are 1001")

    def test_no_option_is_needed(self):
        """Others may know the address, and pxrec asks for no --allow-shared-node."""
        self.may_leave_files = True
        (self.home / "hosts").write_text("n1 slots=2\nn2 slots=2\n")
        done = self.start_program(["pxrec", "up", "--hostfile", "hosts", "--prrte", "/usr"]).finish()
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertEqual(self.expect(0, ["-N", "1", "--tag", "hostname"]).out.count(b": n"), 2)
        self.assertEqual(self.start_program(["pxrec", "down"]).finish().code, 0)
