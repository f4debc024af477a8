"""Where ranks go on a DVM: what --display predicts is what the ranks see, for every word of mapping and binding."""
import json

import pxlab
import pxtest

MAP = {  # options of mapping: the nodes of the ranks, by their numbers
    "slot -n 4": "1122", "node -n 4": "1231", "core -n 4": "1122", "hwthread -n 4": "1122", "l1cache -n 4": "1122",
    "l2cache -n 4": "1122", "l3cache -n 4": "1122", "numa -n 4": "1122", "package -n 4": "1122",
    "ppr:1:node": "123", "ppr:2:node": "112233", "ppr:1:node:pe=2": "123", "ppr:1:core -n 4": "1122",
    "ppr:2:numa -n 4": "1122", "ppr:2:package -n 4": "1122",
    "slot:pe=2 -n 3": "123", "node:pe=2 -n 3": "123", "package:pe=2 -n 3": "123", "numa:pe=1 -n 4": "1122",
    "package:span -n 3": "123", "numa:span -n 3": "123", "core:span -n 6": "112233",
    "slot:oversubscribe -n 8": "11122233", "node:oversubscribe -n 8": "12312312",
    "slot:nooversubscribe -n 4": "1122", "slot:nolocal -n 4": "2233", "node:nolocal -n 4": "2323",
    "slot:hwtcpus -n 4": "1122", "slot:corecpus -n 4": "1122",
    "pe-list=0,1 -n 4": "1122", "pe-list=0,1:ordered -n 4": "1122", "pe-list=1 -N 1 -n 3": "123",
    "slot --rank-by node -n 6": "123123", "node --rank-by slot -n 6": "112233", "node --rank-by node -n 6": "123123",
    "core --rank-by fill -n 6": "112233", "core --rank-by span -n 6": "112233",
}
BIND = ("none", "hwthread", "core", "l1cache", "l2cache", "l3cache", "numa", "package")


class _PlaceCase(pxlab.LabCase):
    def predicted(self, options):
        """(node, CPUs or nothing) of each rank, where nothing was started."""
        done = self.expect(0, ["--dry-run", "--display", "map", "--json", *options, "false"])
        layout = json.loads(done.err)
        self.assertEqual([rank["rank"] for rank in layout["ranks"]], list(range(len(layout["ranks"]))))
        return [(layout["nodes"][rank["node"]]["name"], rank["cpus"]) for rank in layout["ranks"]]

    def seen(self, options):
        look = "echo $(hostname) $(sed -n 's/^Cpus_allowed_list://p' /proc/self/status) $PXLAUNCH_RANK"
        lines = self.expect(0, [*options, "sh", "-c", look]).out.decode().splitlines()
        places = {int(rank): (node, cpus) for node, cpus, rank in (line.split() for line in lines)}
        return [places[rank] for rank in range(len(lines))]

    def compare(self, options):
        predicted, seen = self.predicted(options), self.seen(options)
        whole = self.seen(["-n", "1", "--bind-to", "none"])[0][1]
        self.assertEqual([(node, cpus or whole) for node, cpus in predicted], seen, options)
        return seen


class Map(_PlaceCase):  # ctest: serial timeout=180
    def test_every_word(self):
        for options, nodes in MAP.items():
            with self.subTest(options):
                seen = self.compare(["--map-by", *options.split()])
                self.assertEqual([node for node, _ in seen], [f"n{number}" for number in nodes])

    def test_cpus_of_a_list_in_its_order(self):
        seen = self.compare(["--map-by", "pe-list=1,0:ordered", "-n", "4"])
        self.assertEqual(seen, [("n1", "1"), ("n1", "0"), ("n2", "1"), ("n2", "0")])

    def test_two_applications(self):
        options = ["-n", "1", "--host", "n2", "true", ":", "-n", "2", "--host", "n3:2"]
        self.assertEqual([node for node, _ in self.predicted(options)], ["n2", "n3", "n3"])


class Bind(_PlaceCase):  # ctest: serial timeout=180
    def test_every_word(self):
        for mapped in (["--map-by", "slot", "-n", "4"], ["--map-by", "node", "-n", "6"], ["-N", "2"]):
            for word in BIND:
                with self.subTest(mapped=mapped, word=word):
                    self.compare([*mapped, "--bind-to", word])

    def test_cores_are_shared_only_where_that_was_asked_for(self):
        seen = self.compare(["-N", "2", "--bind-to", "core"])
        self.assertEqual(len(set(seen)), 6, seen)
        seen = self.compare(["-n", "9", "--map-by", "node:oversubscribe", "--bind-to", "core"])
        self.assertEqual([node for node, _ in seen], ["n1", "n2", "n3"] * 3)

    def test_words_that_the_server_does_not_combine(self):
        done = self.expect(125, ["-n", "4", "--map-by", "core", "--bind-to", "package", "true"])
        self.assertIn(b"cannot place the job (--map-by core --rank-by fill --bind-to package)", done.err)
        self.assertIn(b"PRRTE binds to no larger object than it maps by", done.err)

    def test_no_gpus(self):
        """PRRTE would show every rank all of them."""
        done = self.expect(125, ["-n", "2", "-g", "1", "true"])
        self.assertEqual(done.err.splitlines()[0],
                         b"pxlaunch: error: -g: this server does not give out GPUs, only pxrec's own does")


class Display(_PlaceCase):  # ctest: serial timeout=60
    def test_the_picture_comes_before_the_job(self):
        done = self.expect(0, ["-n", "3", "--map-by", "node", "--display", "map", "sh", "-c", "echo mine >&2"])
        self.assertEqual(done.err.replace(b" ", b""), b"3rankson3nodes\nranknodecpus\n0n1notbound\n1n2notbound\n"
                                                      b"2n3notbound\nmine\nmine\nmine\n")

    def test_nothing_is_started(self):
        mark = self.home / "mark"
        self.expect(0, ["-n", "6", "--dry-run", "--display", "map", "touch", f"{self.node_home}/{mark.name}"])
        self.assertFalse(mark.exists())
        self.expect(127, ["-n", "6", "--dry-run", "--display", "map", "no_such_program"])


class CutOff(_PlaceCase):  # ctest: serial timeout=60
    def test_shims_that_report_in_the_errors(self):
        self.cut_off()
        self.assertEqual([node for node, _ in self.predicted(["-N", "1"])], ["n1", "n2", "n3"])
        done = self.expect(0, ["-n", "2", "--display", "map", "echo", "ran"])
        self.assertEqual(done.out, b"ran\nran\n")
        self.assertIn(b"0-1  n1    not bound", done.err)
        done = self.expect(0, ["-n", "2", "init_finalize"])
        self.assertIn(b"2 processes, ", done.out)
        done = self.launch(["-n", "2", "init_finalize_mpich"])
        self.assertNotIn(b"1 processes", done.out)
        if b"unsupported PMI version PMIx" not in done.err:  # MPICH 5 says it itself
            self.assertEqual(done.code, 125, done)
            self.assertIn(b"asks for PMI-1", done.err)


class Silent(_PlaceCase):  # ctest: serial timeout=60
    def test_a_shim_that_says_nothing(self):
        """And is none: nobody knows where it is, and nothing is waited for."""
        self.lab("exec", "n1", "cp", f"{pxlab.NODE_BIN}/pxlaunch", self.node_home)
        (self.home / "pxwrap").write_text("#!/bin/sh\nsleep 6\n")
        (self.home / "pxwrap").chmod(0o755)
        done = self.expect(125, ["-n", "2", "--dry-run", "--display", "map", "true"],
                           env={"PATH": f"{self.node_home}:{self.env['PATH']}"})
        self.assertIn(b"only 0 of 2 ranks have said where they are", done.err)
        self.assertIn(b"cannot reach pxlaunch", done.err)
