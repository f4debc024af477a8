"""Several DVMs on one node, living and dead, of others and for others: the right one, or a message that names them."""
import re
import subprocess

import dvmcase


class _SeveralCase(dvmcase.DvmCase):
    KIND = "prrte"  # whose session directories these are

    def prte(self, hosts, uid=1000, **env):
        """A DVM as users start it; the path of its session directory."""
        address = f"/tmp/uri.{len(self.started)}.{self.home.name}"
        command = f"exec prte --daemonize --no-ready-msg --report-uri {address} --host {hosts} >/dev/null 2>&1 </dev/null"
        self.start_program(["sh", "-c", command], env=env, cwd="/tmp", uid=uid, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL).finish()
        self.eventually("a DVM", lambda: self.lab("exec", "n1", "sh", "-c", f"cat {address} 2>/dev/null || true", uid=0))
        nspace = self.lab("exec", "n1", "head", "-n", "1", address, uid=0).partition(";")[0]
        pid = re.fullmatch(r"prte-n1-(\d+)@0\.0", nspace)[1]
        self.started.append(pid)
        return f"/tmp/prte.n1.{pid}.{uid}"

    def setUp(self):
        super().setUp()
        self.started = []
        self.addCleanup(self.remove)

    def remove(self):
        self.lab("exec", "n1", "sh", "-c", "rm -rf /tmp/prte.* /tmp/uri.* /tmp/pxlaunch-*", uid=0)

    def tearDown(self):
        for pid in self.started:
            self.end_prte(pid)
        self.check_gone()
        super().tearDown()

    def end_prte(self, pid, number="TERM"):
        self.lab("exec", "n1", "sh", "-c", f"kill -{number} {pid} 2>/dev/null || true", uid=0)

    def kill_prte(self, directory):
        pid = directory.split(".")[2]
        self.end_prte(pid, "KILL")
        self.eventually("it is dead", lambda: not self.lab("exec", "n1", "sh", "-c", f"ls /proc/{pid} 2>/dev/null || true"))
        return pid

    @staticmethod
    def file_of(directory):
        return f"{directory}/pmix.n1.tool.{directory.split('.')[2]}"

    def nodes(self, *options, **more):
        """Where -N 1 puts ranks."""
        done = self.expect(0, [*options, "-N", "1", "hostname"], **more)
        self.assertEqual(done.err, b"")
        return sorted(done.out.decode().split())

    def told(self, done, *texts, out=False):
        text = (done.out if out else done.err).decode()
        plain = " ".join(re.sub(r"^pxlaunch: (hint: )?", "", line) for line in text.splitlines())
        for each in texts:
            self.assertIn(each, re.sub(r" +", " ", plain), done)


class OfUsers(_SeveralCase):  # ctest: serial timeout=120
    """Started with prte."""

    def test_two(self):
        one, two = self.prte("n1:2,n2:2"), self.prte("n1:2,n3:2")
        # Unasked none is taken: they may be for something else.
        self.assertEqual(self.nodes(), ["n1"])
        waiting = [f"prrte: refused: {each}: prte-n1-{each.split('.')[2]}@0 (pid {each.split('.')[2]}) was not asked for"
                   for each in (one, two)]
        self.told(self.expect(0, ["--explain", "true"]), *waiting, out=True)
        self.told(self.expect(0, ["--probe"]), *[each.replace(":", "", 2) for each in waiting], out=True)
        done = self.expect(125, ["--rec", "prrte", "hostname"])
        self.told(done, "error: --rec: 'prrte' is not usable", "2 DVMs of yours run here:", f"{one}: prte-n1-", f"{two}: prte-n1-",
                  f"choose one: --uri file:{self.file_of(one)} or --uri file:{self.file_of(two)}")
        self.told(self.expect(125, ["--probe", "--rec", "prrte"]), "2 DVMs of yours run here:", out=True)
        self.assertEqual(self.nodes("--uri", f"file:{self.file_of(one)}"), ["n1", "n2"])
        self.assertEqual(self.nodes(env={"PXLAUNCH_URI": f"file:{self.file_of(two)}"}), ["n1", "n3"])

    def test_a_dead_one_beside_a_living_one(self):
        one, two = self.prte("n1:2,n2:2"), self.prte("n1:2,n3:2")
        pid = self.kill_prte(one)
        self.assertEqual(self.nodes("--rec", "prrte"), ["n1", "n3"])
        gone = f"{one}: its server (pid {pid}) has ended"
        self.told(self.expect(0, ["--rec", "prrte", "--probe"]), gone, f"usable prte-n1-{two.split('.')[2]}@0", out=True)
        self.kill_prte(two)
        self.told(self.expect(125, ["--rec", "prrte", "true"]), gone, f"{two}: its server", "no DVM of yours runs here, and neither",
                  "name its nodes with --hostfile, or its address with --uri")
        self.assertEqual(self.nodes(), ["n1"])

    def test_a_foreign_one(self):
        self.add_second_user()
        theirs = self.prte("n1:2", uid=1001)
        foreign = f"{theirs}: it belongs to uid 1001, you are 1000"
        self.told(self.expect(0, ["--explain", "true"]), foreign, out=True)
        self.told(self.expect(125, ["--rec", "prrte", "id", "-u"]), foreign, "no DVM of yours runs here")
        self.prte("n1:2,n2:2")
        self.assertEqual(self.nodes("--rec", "prrte"), ["n1", "n2"])
        self.assertEqual(self.expect(0, ["--rec", "prrte", "-n", "1", "id", "-u"]).out, b"1000\n")
        self.told(self.expect(0, ["--probe"]), foreign, out=True)

    def test_one_of_another_allocation(self):
        inside = {"SLURM_JOB_ID": "76", "SLURM_JOB_NUM_NODES": "2"}
        dvm = self.prte("n1:2,n2:2", SLURM_JOB_ID="76")
        other = f"{dvm}: it is for the allocation 'slurm:76', this is 'none'"
        self.told(self.expect(125, ["--rec", "prrte", "true"]), other)
        self.told(self.expect(0, ["--probe"]), other, out=True)
        self.assertEqual(self.nodes("--uri", f"file:{self.file_of(dvm)}"), ["n1", "n2"])  # by name always
        # Inside there are two nodes, and no way to them but this one: it is named, and the way to it.
        self.told(self.expect(125, ["true"], env=inside), "was not asked for", f"use --rec prrte, or --uri file:{self.file_of(dvm)}")
        self.assertEqual(self.nodes("--rec", "prrte", env=inside), ["n1", "n2"])


class OfOurs(_SeveralCase):  # ctest: serial timeout=120
    """Kept by pxrec."""

    def test_two(self):
        """The second could not see the first, for its TMPDIR; a launch can see both."""
        own = {"TMPDIR": "/tmp/own"}
        self.lab("exec", "n1", "mkdir", "-p", "/tmp/own")
        self.hostfile("n1 slots=1", "n2 slots=1")
        self.up(env=own)
        self.hostfile("n1 slots=1", "n3 slots=1")
        self.up()
        one, two = [f"{top}/pxlaunch-1000/pool.n1.none" for top in ("/tmp/own", "/tmp")]
        uris = [f"file:{each}/rendezvous" for each in (one, two)]
        self.assertEqual(self.nodes(), ["n1", "n3"])
        both = ["2 servers would do:", f"{one}: pxrec 0.1.0 (pid ", "2 slots on n1,n2)", f"{two}: pxrec 0.1.0 (pid ", "2 slots on n1,n3)"]
        for options in ([], ["--rec", "prrte"], ["--rec", "pool"]):
            self.told(self.expect(125, [*options, "true"], env=own), *both, f"choose one: --uri {uris[0]} or --uri {uris[1]};")
        self.told(self.launch(["--probe"], env=own), *both, out=True)
        self.assertEqual([self.nodes("--uri", uri, env=own) for uri in uris], [["n1", "n2"], ["n1", "n3"]])
        self.assertEqual(self.nodes("--host", "n2", env=own), ["n2"])  # only one has it
        again = self.pxrec("up", "--hostfile", "hosts", "--prrte", "/usr", env=own)
        self.assertEqual(again.code, 125, again)
        self.assertIn(b"2 servers would do", again.err)
        for uri in uris:
            self.assertEqual(self.pxrec("down", env={**own, "PXLAUNCH_URI": uri}).code, 0)

    def test_beside_one_of_the_user(self):
        self.prte("n1:2,n2:2")
        self.hostfile("n1 slots=1", "n3 slots=1")
        self.up()
        for options in ([], ["--rec", "prrte"], ["--rec", "pool"]):
            self.assertEqual(self.nodes(*options), ["n1", "n3"])
        self.assertEqual(self.pxrec("down").code, 0)

    def test_one_for_a_hostfile(self):
        """It is for those who name its nodes; it is named to others."""
        hold = self.start(["--rec", "prrte:/usr", "--hostfile", "hosts", "-n", "1", "end_with", "0", "600"]).wait_for(b"ends with")
        self.assertEqual(self.nodes(), ["n1"])
        self.told(self.expect(0, ["--probe"]), "it is for jobs whose --hostfile or --host names n1,n2,n3", out=True)
        self.told(self.expect(0, ["--probe", "--hostfile", "hosts"]), "usable pxrec 0.1.0", "6 slots on n1,n2,n3)", out=True)
        self.assertEqual(hold.signal(15).finish().code, 143)
        self.check_gone(8)

    def test_one_of_another_allocation(self):
        inside = {"SLURM_JOB_ID": "76", "SLURM_JOB_NUM_NODES": "2"}
        self.hostfile("n1 slots=1", "n2 slots=1")
        self.up(env=inside)
        self.assertEqual(self.nodes(), ["n1"])
        self.told(self.expect(0, ["--probe"]), "it is for the allocation 'slurm:76', this is 'none'", out=True)
        self.assertEqual(self.nodes(env=inside), ["n1", "n2"])
        self.assertEqual(self.pxrec("down", env=inside).code, 0)

    def test_a_second_one(self):
        self.up()
        again = self.pxrec("up", "--hostfile", "hosts", "--prrte", "/usr")
        self.assertEqual(again.code, 125, again)
        self.assertIn(b"runs already and serves 6 slots on n1,n2,n3", again.err)
        self.assertEqual(self.pxrec("down").code, 0)
