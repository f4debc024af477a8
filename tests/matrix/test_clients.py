"""Every client on every server: OpenPMIx 4.2.2 and 5.0.7, shared and static, on PRRTE 3 and 5 and on pxrec."""
import os
import pathlib
import subprocess

import pxclient
import pxlab
import pxtest


class _Cells(pxclient.ClientCase):
    """One cell a test; a server says how its clients reach it by client()."""

    MANY = 20

    def ask(self, code, *words, stdin=None):
        done = self.client(*words, stdin=stdin).finish(30)
        self.assertEqual(done.code, code, f"{words}: {done}")
        return done

    def cell(self, linked, pmix):
        self.kind = (linked, pmix)
        said = self.ask(0, "-n", "4", "--tag", "sh", "-c", "echo $PXLAUNCH_RANK of $PXLAUNCH_SIZE; echo e >&2")
        self.assertEqual(sorted(said.out.splitlines()), [b"%d: %d of 4" % (rank, rank) for rank in range(4)])
        self.assertEqual(sorted(said.err.splitlines()), [b"%d: e" % rank for rank in range(4)])
        failed = self.ask(7, "-n", "2", "sh", "-c", "[ $PXLAUNCH_RANK = 0 ] || exit 7; exec sleep 60")
        self.assertIn(b"rank 1 on ", failed.err)
        text = bytes(range(256)) * 4000
        self.assertEqual(self.ask(0, "-n", "2", "cat", stdin=text).out, text)
        for number in range(self.MANY):
            done = self.ask(number, "-n", "2", "sh", "-c", f"echo {number}; exit {number}")
            self.assertLessEqual(set(done.out.splitlines()), {b"%d" % number})
            self.assertIn(b"%d\n" % number, done.out)

    def test_shared_4_2_2(self):
        self.cell("shared", "4.2.2")

    def test_static_4_2_2(self):
        self.cell("static", "4.2.2")

    def test_shared_5_0_7(self):
        self.cell("shared", "5.0.7")

    def test_static_5_0_7(self):
        self.cell("static", "5.0.7")


class Parts(pxtest.Case):
    def test_clients_are_what_they_are_called(self):
        for pmix, suite in pxclient.SUITES.items():
            if not pxclient.build(pmix).exists():
                self.skipTest(f"the clients are not built: {pxclient.build(pmix)}")
            name = b"OpenPMIx " + pmix.encode()
            library, = pathlib.Path(pxclient.root(pmix)).glob("usr/lib/*/pmix2/lib/libpmix.so.2.*.*")
            self.assertTrue(name in library.read_bytes(), suite)
            self.assertTrue(name in (pxclient.build(pmix) / "release/bin/pxlaunch").read_bytes(), suite)
            self.assertFalse(b"OpenPMIx " in (pxclient.build(pmix) / "shared/bin/pxlaunch").read_bytes(), suite)


class Prrte3(_Cells, pxlab.LabCase):  # ctest: serial timeout=300
    KIND = "prrte"
    VERSION = "3.0.8"

    def client(self, *words, stdin):
        node = (self.state() / "nodes/n1").read_text().split()[0]
        env = {"PXLAUNCH_URI": "file:/home/user/uri", "PXLAUNCH_PXWRAP": pxclient.SHIM}
        return self.start_client(*self.kind, env, "-C", "/", *words, stdin=stdin, home=self.state() / "home",
                                 network=("nsenter", "-t", node, "-n", "-u"))


    def test_server_version(self):
        self.assertIn(f"(PRRTE) {self.VERSION}", self.lab("exec", "n1", "prte", "--version"))


class Prrte5(Prrte3):  # ctest: serial timeout=300
    KIND = "prrte5"
    VERSION = "5.0.0rc1"


class Pxrec4(_Cells):  # ctest: serial timeout=300
    PMIX = "4.2.2"

    def setUp(self):
        super().setUp()
        self.shared = pxclient.own_home(self)
        env = {"HOME": "/home/user", "XDG_RUNTIME_DIR": "/home/user/run", "PXTEST_ID": self.tag[10:]}
        script = 'echo "$PXLAUNCH_URI"; exec cat'
        argv = pxclient.in_root(self.PMIX, env, "/build/release/bin/pxrec", "run", "--", "sh", "-c", script)
        self.server = pxtest.Case.start_program(self, argv, subprocess.PIPE, cwd="/",
                                                env={**os.environ, "IN_HOME": str(self.shared)})
        self.server.wait_for(b"\n")
        self.uri = bytes(self.server.out).decode().strip()

    def tearDown(self):
        self.server.popen.stdin.close()
        self.assertEqual(self.server.finish().code, 0)
        super().tearDown()

    def client(self, *words, stdin):
        return self.start_client(*self.kind, {"PXLAUNCH_URI": self.uri}, "--oversubscribe", "-C", "/", *words,
                                 stdin=stdin, home=self.shared)


class Pxrec5(Pxrec4):  # ctest: serial timeout=300
    PMIX = "5.0.7"
