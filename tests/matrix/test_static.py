"""The static pxlaunch: what the file is, that it is what gets installed, and what it does where nothing else is."""
import os
import shutil
import struct
import subprocess

import pxclient
import pxlab
import pxtest

MOST_BYTES = 5_000_000
DYNAMIC, INTERPRETER = 2, 3  # types of program headers, see elf(5)


def program_headers(path):
    """The types of a 64-bit ELF file's program headers."""
    data = path.read_bytes()
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return {struct.unpack_from("<I", data, offset + size * number)[0] for number in range(count)}


class _StaticCase(pxtest.Case):
    def setUp(self):
        super().setUp()
        if not (pxclient.build("4.2.2") / "static/bin/pxlaunch").exists():
            self.skipTest("the static preset is not built")

    def check_static(self, path):
        self.assertFalse(program_headers(path) & {DYNAMIC, INTERPRETER}, path)


class Files(_StaticCase):  # ctest: timeout=120
    def test_one_small_file(self):
        for pmix in pxclient.SUITES:
            path = pxclient.build(pmix) / "static/bin/pxlaunch"
            self.check_static(path)
            self.assertLessEqual(path.stat().st_size, MOST_BYTES, pmix)

    def test_a_shared_program_is_told_apart(self):
        self.assertLessEqual({DYNAMIC, INTERPRETER},
                             program_headers(pxclient.build("5.0.7") / "shared/bin/pxlaunch"))

    def test_it_is_what_gets_installed(self):
        """By `cmake --install` of the release build: the static client, its shim, and the server with its libraries."""
        for pmix in pxclient.SUITES:
            where = pxclient.build(pmix) / f"install-{os.getpid()}"
            self.addCleanup(shutil.rmtree, where, ignore_errors=True)
            command = [pxclient.IN, pxclient.root(pmix), pxclient.build(pmix), "cmake", "--install", "/build/release",
                       "--prefix", f"/build/{where.name}"]
            subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
            for name in ("pxlaunch", "pxwrap"):
                self.check_static(where / "bin" / name)
            self.assertLessEqual((where / "bin/pxlaunch").stat().st_size, MOST_BYTES)
            self.assertIn(DYNAMIC, program_headers(where / "bin/pxrec"))


class Alone(_StaticCase):  # ctest: timeout=120
    """In a root directory with no other file: no HOME, no /proc, no /dev, no /etc, no passwd entry."""

    def alone(self, code, *words, env=(), **options):
        for pmix in pxclient.SUITES:
            argv = pxclient.alone(pmix, {**dict(env), "PXTEST_ID": self.tag[10:]}, *words, preset="static")
            done = self.start_program(argv, env=dict(os.environ), cwd="/", **options).finish()
            self.assertEqual(done.code, code, f"{pmix} {words}: {done}")
            yield done

    def test_what_starts_nothing(self):
        for done in self.alone(0, "-V"):
            self.assertRegex(done.out, rb"^pxlaunch [0-9.]+\n$")
        for done in self.alone(0, "--help"):
            self.assertIn(b"--map-by", done.out)
        for done in self.alone(0, "--explain", "-n", "2", "true"):
            self.assertIn(b"np: 2: ", done.out)
        for done in self.alone(0, "--dry-run", "--json", "-n", "2", "true"):
            self.assertIn(b'"ranks": 2', done.out)
        for done in self.alone(0, "--probe"):
            self.assertIn(b"PMIX_SERVER_URI* is not set", done.out)

    def test_no_server(self):
        for done in self.alone(125, "true"):
            self.assertIn(b"no server runs here, and none can be started: there is no 'pxrec'", done.err)
        for done in self.alone(125, "true", env={"PXLAUNCH_URI": "file:/run/uri"}):
            self.assertIn(b"PXLAUNCH_URI: cannot open '/run/uri'", done.err)
        for done in self.alone(125, "true", env={"PXLAUNCH_URI": "prte.0;tcp4://127.0.0.1:9"}):
            self.assertIn(b"cannot attach to the PMIx server at 'prte.0;tcp4://127.0.0.1:9'", done.err)


class OnDvm(pxlab.LabCase, pxclient.ClientCase):  # ctest: serial timeout=180
    """From such a root directory, with the network and a run directory, on PRRTE over three nodes."""

    def client(self, env, *words):
        node = (self.state() / "nodes/n1").read_text().split()[0]
        return self.start_client("static", "5.0.7", env, *words, home=self.state() / "home",
                                 network=("nsenter", "-t", node, "-n", "-u")).finish()

    def test_a_dvm_that_runs(self):
        env = {"PXLAUNCH_URI": self.uri}
        done = self.client(env, "-n", "6", "--map-by", "node", "--tag", "hostname")
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"there is no 'pxwrap' beside pxlaunch", done.err)
        self.assertIn(b"--pxwrap PATH", done.err)
        done = self.client(env, "--pxwrap", pxclient.SHIM, "-n", "6", "--map-by", "node", "--tag", "hostname")
        self.assertEqual(sorted(done.out.splitlines()), [b"%d: n%d" % (rank, rank % 3 + 1) for rank in range(6)])
        self.assertEqual((done.code, done.err), (0, b""))

    def test_a_dvm_that_pxrec_keeps(self):
        """Its keeper says where the nodes have pxwrap."""
        (self.home / "hosts").write_text("n1 slots=2\nn2 slots=2\nn3 slots=2\n")
        self.lab("exec", "n1", "mkdir", "-m", "700", f"{self.node_home}/run")
        here = {"XDG_RUNTIME_DIR": f"{self.node_home}/run", "PXLAUNCH_URI": None}
        up = self.start_program(["pxrec", "up", "--hostfile", "hosts", "--prrte", "/usr"], env=here).finish()
        self.assertEqual(up.code, 0, up)
        document, = self.lab("exec", "n1", "sh", "-c", f"ls {self.node_home}/run/*/pool*/rendezvous").split()
        for words, code in ((["-n", "6", "true"], 0), (["-n", "6", "sh", "-c", "exit $PXLAUNCH_LOCAL_RANK"], 1)):
            done = self.client({"PXLAUNCH_URI": f"file:{document}"}, *words)
            self.assertEqual(done.code, code, done)
        down = self.start_program(["pxrec", "down"], env=here).finish()
        self.assertEqual(down.code, 0, down)
