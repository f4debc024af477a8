"""Jobs as steps of a Slurm job: all that holds on a DVM over three nodes holds here too."""
import pathlib
import signal

import bridgecase
import pxtest

TESTS = pathlib.Path(__file__).resolve().parents[1]
launch = pxtest.load(TESTS / "prrte/test_launch.py")
exits = pxtest.load(TESTS / "embedded/test_exit.py")
place = pxtest.load(TESTS / "prrte/test_place.py")

SLEEPS = ["-n", "3", "--map-by", "node", "sh", "-c", "echo asleep; exec sleep 600"]


class Ranks(bridgecase.BridgeCase, launch.Ranks):  # ctest: serial timeout=240
    pass


class Server(bridgecase.BridgeCase):  # ctest: serial timeout=60
    def test_what_it_says_of_itself_and_its_jobs(self):
        log = pxtest.read_bytes(self.state() / "home/user/serve.log")
        self.assertIn(b"pxrec: serving 6 cores of n1,n2,n3 with srun (pid ", log)
        running = self.start(SLEEPS).wait_for(b"asleep", count=3)
        rows = [line.split()[1:3] for line in self.rec(["ps"]).out.splitlines()[1:]]
        self.assertEqual(rows, [[b"0", b"n1"], [b"1", b"n2"], [b"2", b"n3"]])
        waits = self.start(["-n", "6", "true"]).wait_for(b"3 of 6 cores on 3 nodes are free", stream="err")
        self.eventually("three are asleep", lambda: len(self.processes("sleep")) == 3)
        for process in self.processes("sleep"):
            process.kill()
        self.assertEqual((running.finish().code, waits.finish().code), (137, 0))


class Nested(bridgecase.BridgeCase):  # ctest: serial timeout=120
    def test_a_job_in_a_rank_shares_the_cores_of_its_parent(self):
        script = "[ $PXLAUNCH_RANK != 0 ] || pxlaunch -n 2 sh -c 'echo inner $PXLAUNCH_SIZE'"
        done = self.expect(0, ["-n", "6", "sh", "-c", script], env={"PATH": self.env["PATH"]})
        self.assertEqual(done.out, b"inner 2\n" * 2)

    def test_a_rank_on_another_node_starts_no_second_server(self):
        script = "[ $(hostname) != n2 ] || pxlaunch -n 1 true"
        done = self.expect(125, ["-n", "3", "--map-by", "node", "sh", "-c", script],
                           env={"PATH": self.env["PATH"]})
        self.assertIn(b"can be reached on n1 alone", done.err)
        self.assertIn(b"--rec prrte", done.err)


class Spawns(bridgecase.BridgeCase):  # ctest: serial timeout=60
    """MPI_Comm_spawn: Slurm's server refuses it, and only libpmix's own words say what it was."""

    CALLED = b"rank 0 on n1 called MPI_Comm_spawn or PMIx_Spawn, which a step of Slurm cannot do"

    def test_it_is_refused_by_name(self):
        for argv in (["-n", "2", "spawn", "2"], ["pmix_spawn", "2"], ["--merge-stderr", "pmix_spawn", "2"]):
            done = self.expect(125, ["-n", "1", *argv])
            self.assertIn(b"pxlaunch: error: " + self.CALLED, done.err)
            self.assertIn(b"pxlaunch: hint: '--rec prrte' runs the job with PRRTE", done.err)

    def test_a_program_that_can_do_without(self):
        self.expect(0, ["-n", "1", "sh", "-c", "pmix_spawn 2; exit 0"])

    def test_a_setting_of_the_users_stays(self):
        done = self.expect(1, ["-n", "1", "-x", "PMIX_MCA_pmix_client_spawn_verbose=0", "pmix_spawn", "2"])
        self.assertNotIn(self.CALLED, done.err)


class Map(bridgecase.BridgeCase, place.Map):  # ctest: serial timeout=400 not22
    def test_hosts_in_their_order(self):
        seen = self.compare(["--host", "n3,n1", "-N", "1"])
        self.assertEqual([node for node, _ in seen], ["n3", "n1"])
        seen = self.compare(["--host", "n3,n1", "-n", "4", "--rank-by", "node"])
        self.assertEqual([node for node, _ in seen], ["n3", "n1"] * 2)


class Bind(bridgecase.BridgeCase, place.Bind):  # ctest: serial timeout=400 not22
    def test_words_that_the_server_does_not_combine(self):
        """There are none."""
        self.compare(["-n", "4", "--map-by", "core", "--bind-to", "package"])

    def test_no_gpus(self):
        """pxrec gives them out here, too, and this machine has none; test_gpus has some."""
        done = self.expect(125, ["-n", "2", "-g", "1", "true"])
        self.assertEqual(done.err.splitlines()[0],
                         b"pxlaunch: error: 2 ranks with 1 GPU each need 2 GPUs; the 3 nodes have 0")


class Streams(bridgecase.BridgeCase, launch.Streams):  # ctest: serial timeout=240
    pass


class Codes(bridgecase.BridgeCase, exits.Codes):  # ctest: serial timeout=180
    def test_abort(self):
        """Slurm kills the step, and so the shim that would report; 24.11 tells srun the status, 22.05 only the rank."""
        for code in (1, 7, 42, 255) * 3:
            self.assertEqual(self.launch(["-n", "4", "abort", str(code)]).code, code)


class NotRun(bridgecase.BridgeCase, exits.NotRun):  # ctest: serial timeout=180
    def test_a_directory_as_program(self):
        self.refused(126, [self.node_home], self.node_home.encode())

    def test_missing_on_one_node(self):
        for node in ("n1", "n2"):
            self.lab("exec", node, "sh", "-c", "cp /bin/true /tmp/here; chmod +x /tmp/here")
        self.refused(127, ["-n", "3", "--map-by", "node", "/tmp/here"], b"/tmp/here", b"n3")

    def test_unknown_host(self):
        self.refused(2, ["-n", "1", "--host", "n9", "true"], b"'n9' is not a node of this server", b"n1, n2, n3")

    def test_one_of_two_applications_is_missing(self):
        self.refused(127, ["-n", "2", "echo", "ran", ":", "-n", "1", "no-such-program"], b"no-such-program")


class Timeouts(bridgecase.BridgeCase, exits.Timeouts):  # ctest: serial timeout=120
    pass


class Signals(bridgecase.BridgeCase, exits.Signals):  # ctest: serial timeout=180
    pass


class Grandchildren(bridgecase.BridgeCase, exits.Grandchildren):  # ctest: serial timeout=60
    pass


class Killed(bridgecase.BridgeCase):  # ctest: serial timeout=180
    """Whoever holds a job together dies: nothing is left, and who is still there says why."""

    def setUp(self):
        super().setUp()
        self.may_leave_files = True
        self.running = self.start(SLEEPS).wait_for(b"asleep", count=3)
        self.eventually("three are asleep", lambda: len(self.processes("sleep")) == 3)  # said before exec

    def on_nodes(self, name):
        return [p for node in ("n1", "n2", "n3") for p in self.nodes_pids(node) if p.name == name]

    def lost(self, *words):
        done = self.running.finish(15)
        self.assertEqual(done.code, 125, done)
        for word in words:
            self.assertIn(word, done.err)

    def test_pxlaunch(self):
        self.running.signal(signal.SIGKILL).finish()

    def test_the_step_is_cancelled(self):
        self.slurm("scancel", self.open_steps()[0])
        self.lost(b"Slurm ended the job's step: ")
        # srun does not always hand on the daemon's line, which has the step's number
        said = self.running.finish().err
        self.assertTrue(b" STEP " in said and b" CANCELLED " in said or b"it was cancelled" in said, said)

    def test_the_step_of_a_rank_that_said_it_aborts(self):
        """As 22.05 sometimes does it: nobody hears the status but by Open MPI 4.1's words."""
        words = "MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD\\nwith errorcode 9.\\n"
        self.running.signal(signal.SIGKILL).finish()
        self.eventually("no step is left", lambda: not self.open_steps())
        running = self.start(["-n", "1", "sh", "-c", f"printf '{words}' >&2; exec sleep 600"])
        running.wait_for(b"errorcode 9", stream="err")
        self.slurm("scancel", self.open_steps()[0])
        done = running.finish(15)
        self.assertEqual(done.code, 9, done)
        self.assertIn(b"called MPI_Abort with status 9", done.err)

    def test_srun(self):
        for process in self.on_nodes("srun"):
            process.kill()
        self.lost(b"the job's srun was killed by signal 9")

    def test_a_rank(self):
        self.processes("sleep")[0].kill()
        self.assertEqual(self.running.finish(15).code, 137)

    def test_a_shim(self):
        self.on_nodes("pxwrap")[0].kill()
        self.assertEqual(self.running.finish(15).code, 137)


class Daemons(bridgecase.BridgeCase):  # ctest: serial timeout=120
    def open_steps(self):
        return []  # Slurm itself keeps a step whose daemons were killed

    def test_daemons_are_killed(self):
        self.those_that_hold_the_ranks()
        self.slurmd()

    def those_that_hold_the_ranks(self):
        running = self.start(SLEEPS).wait_for(b"asleep", count=3)
        for node in ("n2", "n3"):
            for process in [p for p in self.nodes_pids(node) if p.name == "slurmstepd"]:
                process.kill()
        done = running.finish(20)
        words = {125: rb"pxlaunch: error: the runtime ended rank [12] on n[23]\n",
                 137: rb"pxlaunch: rank [12] on n[23] was killed by "}  # where its end came first
        self.assertIn(done.code, words, done)
        self.assertRegex(done.err, words[done.code])

    def slurmd(self):
        """What it has started goes on; a job that needs it is not started."""
        running = self.start(["-n", "3", "--map-by", "node", "sh", "-c", "echo asleep; sleep 3; echo done"])
        running.wait_for(b"asleep", count=3)
        for process in [p for p in self.nodes_pids("n3") if p.name == "slurmd"]:
            process.kill()
        done = running.finish(20)
        self.assertEqual((done.code, done.out.count(b"done")), (0, 3), done)
        done = self.launch(["-n", "3", "--map-by", "node", "true"], timeout=60)
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"srun did not start the job: ", done.err)


class Many(bridgecase.BridgeCase):  # ctest: serial timeout=400
    def test_two_hundred_in_a_row(self):
        done = self.start_program(["python3", "/src/tests/prrte/many.py", "200", "3", "30"])
        self.assertEqual(done.finish(300).out.decode(), "wrong: 0\n")

    def test_twenty_at_once_share_no_core(self):
        """Each rank locks its core on its node for a while; nobody finds it locked."""
        script = ("for some in $(taskset -cp $$ | sed 's/.*: //; s/,/ /g'); do for cpu in $(seq ${some%-*} ${some#*-}); do"
                  " exec {lock}>/tmp/core.$cpu; flock -n $lock || exit 9; done; done; sleep 0.3")
        jobs = [self.start(["-n", "2", "bash", "-c", script]) for _ in range(20)]
        self.assertEqual([job.finish(120).code for job in jobs], [0] * 20)
