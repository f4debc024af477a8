"""Jobs on a PRRTE DVM over the nodes of a Slurm job; PRRTE is named, as a site without one of pxrec's own would do it."""
import importlib.util
import json
import pathlib
import signal
import time

import pxlab
import pxslurm
import pxtest

spec = importlib.util.spec_from_file_location(
    "embedded_exit", pathlib.Path(__file__).resolve().parents[1] / "embedded/test_exit.py")
embedded = importlib.util.module_from_spec(spec)
spec.loader.exec_module(embedded)

SCRIPT = "pxlaunch -N 2 init_finalize\n"  # the same everywhere
SIX = ["-N3", "--ntasks-per-node=2"]
CPUS = "grep Cpus_allowed_list: /proc/self/status | cut -f 2"
SPAN = f"b=$(date +%s%N); sleep 0.1; echo $(hostname) $({CPUS}) $b $(date +%s%N)"
SLEEPER = "sh -c 'echo asleep; exec sleep 1000'"
LOST = b"pxlaunch: error: lost the runtime while 6 processes were running\n"


class _DvmCase(pxslurm.SlurmCase):
    CPUS = "1x2x1"
    AWAY = pxslurm.PRRTE_AWAY
    MAY_LEAVE = r" /tmp/prted\."  # of a daemon that Slurm has killed before it had cleaned up

    def setUp(self):
        super().setUp()
        self.may_leave_files = True
        self.env["PXLAUNCH_REC"] = "prrte:" + self.prrte()

    def check_gone(self, within=5):
        """Neither a daemon nor what keeps one is left on any node."""
        names = ("prte", "prted", "pxrec", "pxguard", "pxwrap", "pxlaunch", "sleep")
        self.eventually("nothing is left", lambda: not [p for p in self.on_nodes() if p.name in names], within)

    def on_nodes(self, name=None):
        found = [p for node in self.lab("hosts").split() for p in self.nodes_pids(node)]
        return [p for p in found if name in (None, p.name)]

    def right(self, done, out=None, may_wait=False):
        said = pxlab.but_for_waiting(done.err) if may_wait else done.err
        self.assertEqual((done.code, said), (0, b""), done)
        if out is not None:
            self.assertEqual(sorted(done.out.splitlines()), sorted(out), done)
        return done


    def check_cores(self, lines, cores):
        """Of "node core begin end": these cores were used, and none by two at a time."""
        used = {}
        for line in lines:
            host, core, begin, end = line.split()
            used.setdefault(f"{host} {core}", []).append((int(begin), int(end)))
        self.assertLessEqual(set(used), set(cores))
        for core, spans in used.items():
            spans.sort()
            for (_, end), (begin, _) in zip(spans, spans[1:]):
                self.assertLessEqual(end, begin, core)
        return used


class Script(_DvmCase):  # ctest: serial timeout=120
    def test_in_a_batch_script(self):
        done = self.right(self.sbatch(SIX, SCRIPT).finish())
        self.assertIn(b"6 processes, up to 2 per node, 3 nodes\n", done.out)
        self.check_gone()

    def test_from_the_head(self):
        """salloc's shell is on no node of the job: nothing runs there."""
        (self.home / "job.sh").write_text(SCRIPT + "pxlaunch -n 6 hostname\n")
        done = self.salloc(SIX, ["bash", "job.sh"]).finish()
        self.assertIn(b"6 processes, up to 2 per node, 3 nodes\n", done.out, done)
        self.assertEqual(sorted(done.out.split()[-6:]), [b"n1"] * 2 + [b"n2"] * 2 + [b"n3"] * 2)
        self.check_gone()

    def test_under_pxrec_run(self):
        script = (f"pxrec run --rec prrte:{self.prrte()} -- "
                  "sh -c 'echo $PXLAUNCH_NNODES $PXLAUNCH_NODELIST; . ./inner.sh'\n")
        (self.home / "inner.sh").write_text(SCRIPT)
        batch = self.sbatch(SIX, script)
        done = self.right(batch.finish())
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=("prted", "2"))
        self.assertTrue(done.out.startswith(b"3 n1,n2,n3\n6 processes, up to 2 per node, 3 nodes\n"), done)
        self.check_gone()

    def up(self, options, env=None):
        script = (f"unset PXLAUNCH_REC; pxrec up {options}; pxlaunch -n 3 --map-by node hostname\n"
                  "pxrec down >down\npxrec status; echo status $?\n")
        done = self.sbatch(SIX, script, env=env).finish()
        self.assertRegex(done.out, rb"^pxrec: serving 6 slots on 3 nodes with PRRTE \(pid \d+\)\n", done)
        self.assertEqual(sorted(done.out.splitlines()[1:]), [b"n1", b"n2", b"n3", b"status 125"], done)
        self.check_gone()

    def test_with_pxrec_up(self):
        self.up(f"--rec prrte:{self.prrte()}")
        self.up(f"--prrte {self.prrte()}")

    def test_pxrec_up_takes_it_where_it_is(self):
        """Many jobs are to come; where PRRTE is not, test_script has what it takes."""
        (self.home / "site").write_text(json.dumps({"prrte_prefix": self.prrte()}))
        self.up("", env={"PXLAUNCH_SITE_CONFIG": f"{self.node_home}/site"})

    def test_a_step_of_the_scripts_own_beside_it(self):
        """The daemons' step takes no core: one that does not overlap starts all the same."""
        script = f"pxrec up --prrte {self.prrte()} >up && srun -Q -N3 -n6 hostname; pxrec down >down\n"
        self.right(self.sbatch(SIX, script).finish(), [b"n1", b"n2", b"n3"] * 2)
        self.check_gone()

    def test_a_list_of_jobs_takes_it_where_it_is(self):
        (self.home / "site").write_text(json.dumps({"prrte_prefix": self.prrte()}))
        batch = self.sbatch(SIX, "unset PXLAUNCH_REC; printf '%s\\n' hostname '-n 6 true' '--host n3 hostname' | pxlaunch --jobs -\n",
                            env={"PXLAUNCH_SITE_CONFIG": f"{self.node_home}/site"})
        done = self.right(batch.finish(60), may_wait=True)
        self.assertEqual(sorted(done.out.split()), [b"n1", b"n3"], done)
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=("prted", "2"))
        self.check_gone()

    def test_within_a_step(self):
        """The step's own numbers are not the job's, and its PMIx server is left alone: pxlaunch may even crash."""
        done = self.sbatch(SIX, pxslurm.CRASH_IN_A_STEP).finish(60)
        self.assertEqual(sorted(done.out.splitlines()), pxslurm.SURVIVED, done)
        self.check_gone()


class Asked(_DvmCase):  # ctest: serial timeout=120 not22
    def test_ranks_and_cores_as_asked(self):
        """Two cores for each of three ranks, not one rank for each core."""
        script = f"pxlaunch sh -c 'echo $(hostname) $({CPUS}) $OMP_NUM_THREADS'\n"
        done = self.sbatch(["-N3", "--ntasks-per-node=1", "-c2"], script).finish()
        self.right(done, [b"n1 0-1 2", b"n2 0-1 2", b"n3 0-1 2"])

    def test_what_does_not_fit_waits(self):
        """A rank of two cores takes two of the server's."""
        script = ("for i in 1 2; do pxlaunch -n 3 sh -c 'b=$(date +%s%N); sleep 0.5; echo $b $(date +%s%N)' & done\n"
                  "wait\n")
        done = self.right(self.sbatch(["-N3", "--ntasks-per-node=1", "-c2"], script).finish(), may_wait=True)
        spans = sorted(tuple(map(int, line.split())) for line in done.out.splitlines())
        self.assertEqual(len(spans), 6)
        self.assertLess(max(end for _, end in spans[:3]), spans[3][0])

    def test_nothing_asked(self):
        done = self.sbatch(["-N3", "--exclusive"], f"pxlaunch sh -c 'echo $(hostname) $({CPUS})'\n").finish()
        self.right(done, [f"n{node} {core}".encode() for node in (1, 2, 3) for core in (0, 1)])

    def test_some_of_the_nodes(self):
        done = self.sbatch(SIX, "pxlaunch --host n2 hostname; pxlaunch --host n2,n3 -N 1 hostname\n").finish()
        self.right(done, [b"n2"] * 3 + [b"n3"])  # half, and a third, of what was asked

    def test_the_ranks_environment(self):
        """The script's own, and not that of the daemons' step."""
        script = "pxlaunch sh -c 'echo $SLURM_JOB_ID:$SLURM_NTASKS:$SLURM_PROCID:$SLURM_STEP_ID:$SLURM_OVERLAP'\n"
        batch = self.sbatch(SIX, script)
        self.right(batch.finish(), [f"{batch.id}:6:::".encode()] * 6)

    def test_explained(self):
        done = self.right(self.sbatch(["-N3", "--ntasks-per-node=1", "-c2"], "pxlaunch --explain true\n").finish())
        prrte = self.prrte().encode()
        for line in (b"server: prrte: usable: a DVM of %s/bin/prte over n1:2,n2:2,n3:2" % prrte,
                     b"np: 3: SLURM_NTASKS=3", b"cpus per rank: 2: SLURM_CPUS_PER_TASK=2"):
            self.assertIn(line, done.out.splitlines(), done)
        self.assertIn(b"; 6 cores (SLURM_JOB_CPUS_PER_NODE=2(x3))", done.out)
        self.check_gone(1)  # nothing was started


class Policy(_DvmCase):  # ctest: serial timeout=120 not22
    def setUp(self):
        super().setUp()
        del self.env["PXLAUNCH_REC"]

    def test_the_site_has_its_order(self):
        (self.home / "site").write_text(json.dumps(
            {"prrte_prefix": self.prrte(), "methods": ["prrte"], "locked": ["methods"]}))
        self.env["PXLAUNCH_SITE_CONFIG"] = f"{self.node_home}/site"
        done = self.sbatch(SIX, "pxlaunch hostname; pxlaunch --rec srun true; echo $?\n").finish()
        self.assertEqual(sorted(done.out.split()), sorted([b"n1", b"n2", b"n3"] * 2 + [b"125"]), done)
        self.assertIn(b"'srun' is not allowed: " + self.node_home.encode() + b"/site says so", done.err)

    def test_a_place_with_no_way_out(self):
        """As in a container that the user has started by hand."""
        done = self.sbatch(SIX, "PATH=/build/release/bin pxlaunch true\n").finish()
        job = done.err.split()[4].decode()
        self.assertEqual((done.code, done.err.decode()), (125, (
            f"pxlaunch: error: Slurm job {job} has 3 nodes, but this place has no way to reach them (no srun, no prte, "
            "no PXLAUNCH_URI)\npxlaunch: hint: start the script on the host side: put 'pxrec run --' before the "
            "command that starts the container or the script\n")))

    def test_one_node(self):
        """Its jobs share one server of that node, and no core."""
        script = f"for i in 1 2 3 4; do pxlaunch -n 1 sh -c '{SPAN}' & done; wait; pxrec status\n"
        done = self.right(self.sbatch(["-N1", "-n2"], script).finish(), may_wait=True)
        lines = done.out.decode().splitlines()
        self.check_cores(lines[:4], ["n1 0", "n1 1"])
        self.assertIn("cores   2 of 2 free", lines[4:])
        self.check_gone()

    def test_two_jobs_on_one_node_never_meet(self):
        script = (f"pxlaunch -n 1 sh -c '{CPUS}; touch here.$SLURM_JOB_ID; "
                  "until [ $(ls here.* | wc -l) = 2 ]; do sleep 0.1; done'; pxrec status\n")
        for rec in ("", f"export PXLAUNCH_REC=prrte:{self.prrte()}\n"):
            jobs = [self.sbatch(["-w", "n1", "-n1"], rec + script) for _ in range(2)]
            said = [self.right(job.finish()).out.decode().splitlines() for job in jobs]
            self.assertEqual(sorted(lines[0] for lines in said), ["0", "1"], said)
            self.assertNotEqual(said[0][1], said[1][1])  # by the pid of the server
            for path in self.home.glob("here.*"):
                path.unlink()


class Many(_DvmCase):  # ctest: serial timeout=180
    def test_twenty_at_once(self):
        """They share one server, and no two ranks have a core at a time."""
        script = f"for i in $(seq 20); do pxlaunch -n 2 sh -c '{SPAN}' & done; wait; pgrep -c -x prte\n"
        lines = self.right(self.sbatch(SIX, script).finish(60), may_wait=True).out.decode().splitlines()
        self.assertEqual(lines.pop(), "1")
        self.assertEqual(len(lines), 40)
        cores = [f"n{node} {core}" for node in (1, 2, 3) for core in (0, 1)]
        self.assertEqual(sorted(self.check_cores(lines, cores)), cores)

    def test_two_hundred_in_a_row(self):
        script = "for i in $(seq 200); do pxlaunch -n 2 sh -c \"exit $((i % 3))\" 2>/dev/null; echo $?; done\n"
        done = self.sbatch(SIX, script).finish(90)
        self.assertEqual(done.out.decode().split(), [str(i % 3) for i in range(1, 201)])


class Ended(_DvmCase):  # ctest: serial timeout=240
    def start_sleepers(self, then="echo status $?\n"):
        return self.sbatch(SIX, f"pxlaunch -n 6 {SLEEPER}\n{then}").wait_for(b"asleep", count=6)

    def test_the_job_is_cancelled(self):
        batch = self.start_sleepers()
        done = batch.cancel().finish()
        self.assertEqual(batch.state(), "CANCELLED")
        self.assertRegex(done.err, pxslurm.CANCELLED % 6)
        self.check_accounting(batch.id, job=("CANCELLED by 1000",), step0=("prted", "2"))
        self.check_gone()

    def test_the_salloc_is_interrupted(self):
        running = self.salloc(SIX, ["pxlaunch", "-n", "6", *SLEEPER.split(" ", 2)[:2],
                                    "echo asleep; exec sleep 1000"]).wait_for(b"asleep", count=6)
        running.signal(signal.SIGTERM)
        self.assertEqual(running.finish().code, 143)
        self.check_gone()

    def test_pxlaunch_is_killed(self):
        # The slots are free as soon as the head has heard of the end of the last shim.
        batch = self.start_sleepers("echo status $?; for i in $(seq 50); do pxlaunch -n 6 true && break; sleep 0.1; done"
                                    " 2>/dev/null; echo then $?\n")
        self.on_nodes("pxlaunch")[0].kill()
        done = batch.finish()
        self.assertEqual(done.out.splitlines()[6:], [b"status 137", b"then 0"], done)
        self.check_gone()

    def test_the_keeper_is_killed(self):
        batch = self.start_sleepers("echo status $?; pxlaunch -n 6 true; echo then $?\n")
        self.on_nodes("pxrec")[0].kill()
        done = batch.finish()
        self.assertEqual(done.out.splitlines()[6:], [b"status 125", b"then 0"], done)
        self.assertIn(LOST, done.err)
        self.check_gone()

    def test_a_daemon_is_killed(self):
        batch = self.start_sleepers()
        [p for p in self.nodes_pids("n3") if p.name == "prted"][0].kill()
        done = batch.finish()
        self.assertEqual(done.out.splitlines()[6:], [b"status 125"], done)
        self.assertIn(LOST, done.err)
        self.check_gone()

    def test_the_daemons_step_is_cancelled(self):
        batch = self.start_sleepers()
        batch.cancel(step=0)
        done = batch.finish()
        self.assertEqual(done.out.splitlines()[6:], [b"status 125"], done)
        self.assertIn(LOST, done.err)
        self.check_accounting(batch.id, job=("COMPLETED", "0:0"), step0=("prted", "2"))
        self.check_gone()

    def test_daemons_that_cannot_start(self):
        """srun's own words are in the error."""
        script = "echo garbage >conf; export SLURM_CONF=$PWD/conf; pxlaunch true; echo status $?\n"
        done = self.sbatch(SIX, script).finish()
        self.assertEqual(done.out, b"status 125\n", done)
        self.assertIn(b"the PRRTE daemons did not start\npxlaunch:   srun: ", done.err)
        self.check_gone()


class Lost(_DvmCase):  # ctest: serial timeout=120 not22
    def test_a_slurmd_is_killed(self):
        """Slurm needs SlurmdTimeout to find it, and cancels the job; what still runs on that node is ended by us."""
        batch = self.sbatch(SIX, f"pxlaunch -n 6 {SLEEPER}\n").wait_for(b"asleep", count=6)
        self.lab("exec", "n3", "pkill", "-KILL", "-x", "slurmd", uid=0)
        batch.finish(60)
        self.assertEqual(batch.state(), "NODE_FAIL")
        self.assertRegex(batch.err, pxslurm.CANCELLED % 6)
        self.check_gone()


class _ServerCase(_DvmCase):
    """One DVM for the class, in a Slurm job of its own; pxlaunch runs on n1, which knows it by PXLAUNCH_URI."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shared = cls.state() / "home/user"
        (shared / "serve.sh").write_text(
            f"#!/bin/bash\npxrec up --rec prrte:{cls.prrte()} && pxrec env >env.new && mv env.new env && exec sleep 1000\n")
        cls.lab("exec", "head", "env", "-C", "/home/user", f"PATH={pxslurm.pxlab.NODE_BIN}:/usr/bin", "sbatch", *SIX,
                "-o", "serve.log", "serve.sh")
        end = time.monotonic() + 30
        while not (shared / "env").exists():
            assert time.monotonic() < end, pxtest.read_bytes(shared / "serve.log")
            time.sleep(0.05)
        lines = (shared / "env").read_text().splitlines()
        cls.address = [line.partition("=")[2].strip("'") for line in lines if "PXLAUNCH_URI=" in line][0]

    def setUp(self):
        super().setUp()
        del self.env["PXLAUNCH_REC"]
        self.env["PXLAUNCH_URI"] = self.address

    def empty_queue(self):
        """The class's own job stays."""

    def check_clean(self, within=2):
        pxtest.Case.check_clean(self, within)


class Abort(_DvmCase):  # ctest: serial timeout=120
    def test_abort(self):
        """A DVM for each: a daemon of 3.0.8 may hang afterwards, in libpmix, and hears of no end."""
        for code in (1, 7, 42, 255):
            self.assertEqual(self.sbatch(SIX, f"pxlaunch -n 4 abort {code}\n").finish().code, code)
            for daemon in self.on_nodes("prted"):
                daemon.kill()
            self.check_gone()


class Codes(_ServerCase, embedded.Codes):  # ctest: serial timeout=120
    pass


class NotRun(_ServerCase, embedded.NotRun):  # ctest: serial timeout=120
    def test_a_directory_as_program(self):
        self.refused(126, [self.node_home], self.node_home.encode())

    def test_too_many_processes(self):
        self.refused(125, ["-n", "5000", "--map-by", "core:nooversubscribe", "true"], b"too few free slots",
                     b"pxlaunch: hint: ")

    def test_a_program_that_speaks_another_pmi(self):
        self.refused(125, ["-N", "2", "init_finalize_mpich"], b"asks for PMI-1")

    def test_a_node_of_another_job(self):
        self.refused(2, ["-n", "1", "--host", "n9", "true"], b"'n9' is not a node of this server", b"n1, n2, n3")


class Timeouts(_ServerCase, embedded.Timeouts):  # ctest: serial timeout=120
    pass


class Signals(_ServerCase, embedded.Signals):  # ctest: serial timeout=180
    pass
