"""pxrec probe and help: what is here, what would be chosen, and the site's file."""
import json

import pxtest


class Probe(pxtest.Case):
    def probe(self, **settings):
        done = self.rec(["probe", "--json"], **settings)
        self.assertEqual((done.code, done.err), (0, b""), done)
        return json.loads(done.out)

    def test_nothing_runs(self):
        seen = self.probe()
        self.assertEqual((seen["version"], seen["chosen"]), (1, "local"))
        states = {one["name"]: one["state"] for one in seen["candidates"]}
        self.assertEqual(states, {"parent": "absent", "pool": "absent", "srun": "absent", "prrte": "absent",
                                  "local": "usable"})
        self.assertGreaterEqual(seen["machine"]["cores"], 1)
        self.assertIn(seen["machine"]["munge"], ("absent", "dead", "alive"))
        self.assertRegex(seen["machine"]["pmix"], r"^\d+\.\d+")
        self.assertIn("open files", seen["machine"]["limits"])
        self.assertEqual(self.processes(), [])

    def test_a_server_runs(self):
        self.assertEqual(self.rec(["up"]).code, 0)
        self.assertEqual(self.probe()["chosen"], "pool")
        self.assertIn(b"pxlaunch would use: pool\n", self.rec(["probe"]).out)
        inside = self.rec(["run", "pxrec", "probe", "--json"])
        self.assertEqual(json.loads(inside.out)["chosen"], "uri", inside)
        self.assertEqual(self.rec(["down"]).code, 0)

    def test_nothing_can_be_used(self):
        done = self.rec(["probe"], env={"SLURM_JOB_ID": "1", "SLURM_JOB_NUM_NODES": "2"})
        self.assertEqual(done.code, 0, done)
        self.assertIn(b"pxlaunch would use: none of them\n", done.out)

    def test_a_right_file(self):
        done = self.rec(["probe", "--config", str(self.home / "site")])
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertIn(b"is right\n", done.out)

    def test_a_wrong_file(self):
        wrong = self.home / "wrong"
        wrong.write_text('{\n"defualts": {},\n"audit": 3\n}')
        done = self.rec(["probe", "--config", str(wrong)])
        self.assertEqual((done.code, done.out), (2, b""), done)
        self.assertIn(b"wrong:2: unknown key 'defualts'", done.err)
        self.assertIn(b"wrong:3: audit: expected true or false", done.err)
        self.assertIn(b"(did you mean 'defaults'?)", done.err)
        done = self.rec(["probe", "--config", str(self.home / "none")])
        self.assertEqual(done.code, 2, done)


class Help(pxtest.Case):
    def test_help(self):
        overview = self.rec(["--help"])
        self.assertEqual((overview.code, overview.err), (0, b""))
        self.assertEqual(self.rec(["help"]).out, overview.out)
        self.assertEqual(self.rec(["-h"]).out, overview.out)
        for command in ("run", "up", "down", "status", "ps", "kill", "env", "probe"):
            self.assertIn(b"\n  %s " % command.encode(), overview.out)
            text = self.rec(["help", command])
            self.assertEqual(text.code, 0)
            self.assertEqual(self.rec([command, "--help"]).out, text.out)

    def test_version(self):
        self.assertRegex(self.rec(["--version"]).out, rb"^pxrec \d+\.\d+\.\d+\n$")

    def test_wrong_words(self):
        for arguments, hint in ((["stauts"], b"did you mean 'status'?"),
                                (["help", "rnu"], b"did you mean 'run'?"),
                                (["--hlep"], b"did you mean '--help'?"),
                                ([], b"'pxrec --help' lists the commands")):
            done = self.rec(arguments)
            self.assertEqual((done.code, done.out), (2, b""), done)
            self.assertIn(b"pxrec: hint: " + hint, done.err)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = self.rec(["--help"], stdout=full)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"pxrec: error: ", done.err)
