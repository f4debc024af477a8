"""Tests in a Slurm lab: a head, which is no node of a job, and nodes n1, n2, ... of CPUS each. They start programs

- inside `salloc`, on the head:              self.salloc(["-N2"], ["pxlaunch", ...]) gives a pxtest.Running
- in a batch script, on the job's first node: self.sbatch(["-N2"], "pxlaunch ...\\n") gives a Batch
- with no job, on a node or the head:         self.start_program(["pxlaunch", ...], node="n2") gives a pxtest.Running

`tests/run slurm` (24.11) and `tests/run slurm22` (22.05) run them; in both this is the whole environment of a script.
"""
import pathlib
import re
import time

import pxlab
import pxtest

SLURM_KIND = pxlab.KIND if pxlab.KIND.startswith("slurm") else "slurm"
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE", "BOOT_FAIL")
PRRTE_AWAY = "trixie" if SLURM_KIND == "slurm22" else False
GO_AWAY = "unshare --user --map-current-user --keep-caps chroot /away"  # and run the words that follow, as the same user
# The same without the node's processes, shared memory and name: only the network is left.
GO_APART = GO_AWAY.replace("chroot", "--pid --fork --ipc --uts --mount-proc=/away/proc chroot")

# What pxlaunch says first when the job is cancelled: Slurm signals it, its server, and the step of so many ranks at once.
CANCELLED = (rb"\A(slurmstepd.*\n)*pxlaunch: (got SIGTERM: sent SIGTERM to %d processes, |error: (lost the runtime while |"
             rb"Slurm ended the job's step: ))")

# A pxlaunch crashes in a step of the user's own. Slurm kills a step in which a PMIx client crashes, a second later: so that
# much passes before the step goes on, and another step shows that it was enough.
CRASH_IN_A_STEP = """cat >step.sh <<'E'
pxlaunch hostname
pxlaunch -n 6 sh -c 'echo asleep; exec sleep 1000' &
until [ $(grep -c asleep seen) = 6 ]; do sleep 0.1; done
kill -9 $!
wait
touch crashed
until test -e killed; do sleep 0.1; done
for i in $(seq 50); do pxlaunch -n 6 echo again && break; sleep 0.1; done
echo goes on
E
cat >client.py <<'E'
import ctypes, os
ctypes.CDLL("libpmix.so.2").PMIx_Init(ctypes.create_string_buffer(4096), None, 0)
os.kill(os.getpid(), 9)
E
srun --mpi=pmix --overlap -N1 -n1 sh step.sh >>seen & step=$!
until test -e crashed; do sleep 0.1; done
srun --mpi=pmix --overlap -N1 -n1 sh -c 'python3 client.py; exec sleep 1000'
echo client $? >>seen
touch killed
wait $step
echo srun $? >>seen
cat seen
"""
SURVIVED = sorted([b"n1", b"n2", b"n3"] * 2 + [b"asleep"] * 6 + [b"again"] * 6 + [b"goes on", b"client 137", b"srun 0"])

# A program of Debian 13 at /away, on a node of an older Debian: with its own loader and libraries. The loader has the
# program's name, which is then the process's.
AWAY_PROGRAM = """#!/bin/sh
libraries=/away/usr/lib/x86_64-linux-gnu
export PRTE_PREFIX={prefix} PMIX_PREFIX=$libraries/pmix2
exec {prefix}/loader/{name} --argv0 "$0" --library-path $libraries:$libraries/pmix2/lib /away/usr/bin/{name} "$@"
"""


class Batch:
    """A job whose script was submitted; its output is in files, as a user has it."""

    def __init__(self, case, number):
        self.case, self.id = case, number

    @property
    def out(self):
        return pxtest.read_bytes(self.case.home / f"{self.id}.out")

    @property
    def err(self):
        return pxtest.read_bytes(self.case.home / f"{self.id}.err")

    def state(self):
        return self.case.job(self.id)["JobState"]

    def now(self):
        job = {name: self.case.job(self.id)[name] for name in ("JobState", "Reason", "ExitCode", "NodeList")}
        return f"job {self.id}: {job}\nstdout: {self.out[-2000:]!r}\nstderr: {self.err[-2000:]!r}"

    def wait_for(self, text, count=1, timeout=20, stream="out"):
        """Returns when `text` has come `count` times."""
        end, over = time.monotonic() + timeout * pxtest.SLOW, False
        while getattr(self, stream).count(text) < count:
            if over or time.monotonic() > end:
                when = "at its end" if over else f"in {timeout * pxtest.SLOW} s"
                self.case.fail(f"no {text!r} x {count} {when}: {self.now()}")
            over = self.state() in ENDED
        return self

    def cancel(self, *options, step=None):
        self.case.slurm("scancel", *options, self.id if step is None else f"{self.id}.{step}")
        return self

    def finish(self, timeout=30):
        """How the script ended, when Slurm has cleaned up behind it; a job that does not end fails the test."""
        end = time.monotonic() + timeout * pxtest.SLOW
        while (job := self.case.job(self.id))["JobState"] not in ENDED:
            if time.monotonic() > end:
                self.case.fail(f"still there after {timeout * pxtest.SLOW} s: {self.now()}")
            time.sleep(0.05)
        status, _, number = job["ExitCode"].partition(":")
        return pxtest.Done(-int(number) or int(status), self.out, self.err)


class SlurmCase(pxlab.LabCase):
    """Every test leaves an empty queue, or fails."""

    KIND = SLURM_KIND
    DVM = False
    MAY_LEAVE = None  # a pattern of what files_left() need not find gone
    CPUS = None  # of a node, as LAB_CPUS has it: sockets x cores x threads
    # Whether the nodes have a place with nothing of Slurm's, into which GO_AWAY leads; or the Debian suite of that place.
    AWAY = False

    @classmethod
    def setUpClass(cls):
        suite = pxlab.SUITES[cls.KIND] if cls.AWAY is True else cls.AWAY
        cls.LAB_ENV = {"LAB_CPUS": cls.CPUS or "", "LAB_AWAY": pxlab.root(suite) if suite else ""}
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.addCleanup(self.empty_queue)

    def check_clean(self, within=6):
        """The server of an allocation rests for 2 s after its last job (rec/cli/command_serve.cpp), then it ends all it has
        started: the deadline is for it."""
        super().check_clean(within)
        end = time.monotonic() + 5 * pxtest.SLOW
        while (jobs := self.queue()) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(jobs, [], "jobs left behind")
        while (left := self.files_left()) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(left, [], "files left behind")

    def files_left(self):
        """What servers and daemons have left on the nodes, "n1 /tmp/...", but for what MAY_LEAVE says, and for what is kept for a
        day, because a server has failed or was killed."""
        left = []
        for node in self.lab("hosts").split():
            root = pathlib.Path("/proc", (self.state() / "nodes" / node).read_text().split()[0], "root")
            for path in (*root.glob("tmp/pxlaunch-1000/*"), *root.glob("tmp/prte*")):
                name = f"{node} /{path.relative_to(root)}"
                named = self.MAY_LEAVE and re.search(self.MAY_LEAVE, name)
                if not named and not (path / "keep").exists():
                    left.append(name)
        return left

    def slurm(self, *words, node="head"):
        """What one of Slurm's commands prints."""
        return self.lab("exec", node, *words)

    def queue(self):
        return self.slurm("squeue", "-h", "-o", "%i %T %j").splitlines()

    def empty_queue(self):
        """So that a test that failed leaves nothing to the next one."""
        if self.queue():
            self.slurm("scancel", "--signal=KILL", "--full", "--user=user")
            self.slurm("scancel", "--user=user")
            self.kill_all()
            self.eventually("the queue is empty", lambda: not self.queue(), 20)

    @classmethod
    def prrte(cls):
        """A prefix of PRRTE 3.0.8. Debian 12 has none: there it is that of Debian 13 (AWAY = PRRTE_AWAY), beside the
        system's own programs and libraries, as a site has it in /opt."""
        if cls.AWAY != "trixie":
            return "/usr"
        prefix = cls.state() / "home/user/prrte"
        if not prefix.exists():
            (prefix / "bin").mkdir(parents=True)
            (prefix / "loader").mkdir()
            (prefix / "share").symlink_to("/away/usr/share")
            for name in ("prte", "prted"):
                (prefix / "loader" / name).symlink_to("/away/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
                program = prefix / "bin" / name
                program.write_text(AWAY_PROGRAM.format(prefix="/home/user/prrte", name=name))
                program.chmod(0o755)
        return "/home/user/prrte"

    def of_ours(self, names=("srun", "pxwrap", "pxlaunch", "pxrec", "pxguard", "prte", "prted", "sleep")):
        """What runs on any node, also what does not carry the test's mark."""
        found = [process for node in self.lab("hosts").split() for process in self.nodes_pids(node)]
        return [process for process in found if process.name in names]

    def kill_slurmd(self, node):
        for daemon in [process for process in self.nodes_pids(node) if process.name == "slurmd"]:
            daemon.kill()

    def start_slurmd(self, node):
        self.lab("exec", node, "slurmd", "-N", node, uid=0)

    def job(self, number):
        """What Slurm says of a job: JobState, ExitCode, NodeList and so on."""
        return dict(word.partition("=")[::2] for word in self.slurm("scontrol", "-o", "show", "job", number).split())

    def steps(self, number):
        """What the accounting has of an ended job: {"": the job, "batch": its script, "0": its first step, ...},
        each a dict of JobName, State, ExitCode, NNodes, NTasks and AllocCPUS."""
        fields = ("JobName", "State", "ExitCode", "NNodes", "NTasks", "AllocCPUS")
        columns = ",".join(("JobID", "End", *fields))

        def ended():
            rows = [line.split("|") for line in self.slurm("sacct", "-n", "-P", "-j", number, "-o", columns).splitlines()]
            done = rows and all(row[1] != "Unknown" for row in rows)
            return done and {row[0].partition(".")[2]: dict(zip(fields, row[2:])) for row in rows}
        return self.eventually(f"the accounting has the end of job {number}", ended)

    def check_accounting(self, number, **wanted):
        """Of the job and its steps (job, batch, step0, ...) what the accounting has of them: state, exit code and, of
        srun's steps, name and tasks before these. As many of these as are wanted."""
        seen = {}
        for step, row in self.steps(number).items():
            name = f"step{step}" if step.isdigit() else step or "job"
            ended = (row["State"], row["ExitCode"])
            seen[name] = (row["JobName"], row["NTasks"], *ended) if step.isdigit() else ended
        for name, want in wanted.items():
            self.assertEqual(seen.get(name, ())[:len(want)], want, f"{name} in {seen}")
        self.assertEqual(set(seen), {"job", "batch", *wanted})

    def salloc(self, options, argv, node="head", **more):
        """A program on the head, with an allocation of its own."""
        return self.start_program(["salloc", "-Q", *options, *argv], node=node, **more)

    def sbatch(self, options, script, node="head", env=None):
        """Submits a script; a text without '#!' is bash."""
        path = self.home / "job.sh"
        path.write_text(script if script.startswith("#!") else "#!/bin/bash\n" + script)
        done = self.start_program(["sbatch", "--parsable", "-o", "%j.out", "-e", "%j.err", *options, path.name],
                                  node=node, env=env).finish()
        self.assertEqual(done.code, 0, done)
        return Batch(self, done.out.decode().strip())
