"""What the tables of this directory share: one launch against a deadline, a row with its cells, the lines.

Times are in seconds where they are measured and in milliseconds where they are printed. A cell is the median of all
runs that ended well, and says how many hung or failed.
"""
import os
import pathlib
import resource
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import pxtest  # noqa: E402 (found only by the line above)


class Row:
    """One line of the table: a job, the peer it is compared with, and the goal of that ratio."""

    def __init__(self, what, ranks, command, peer, goal, peers, **other):
        self.what, self.ranks, self.command = what, ranks, command
        self.peer, self.goal, self.launchers = peer, goal, ("pxlaunch", *peers)
        self.wanted = other.get("wanted")  # bytes of output, or None
        self.deadline = other.get("deadline", 20)  # of ours: past it a run has failed
        self.peers_deadline = other.get("peers_deadline", other.get("deadline", 5))  # they come back soon, or never
        self.values = {name: [] for name in self.launchers}
        self.hung = dict.fromkeys(self.launchers, 0)
        self.failed = dict.fromkeys(self.launchers, 0)

    def deadline_of(self, launcher):
        return self.deadline if launcher == "pxlaunch" else self.peers_deadline

    def finish(self, launcher, run):
        """Waits for that run of the launcher, and counts it; whether it ended well."""
        status, seconds = run.finish()
        if status is None:
            self.hung[launcher] += 1
        elif status != 0 or self.wanted not in (None, run.bytes):
            self.failed[launcher] += 1
        else:
            self.values[launcher].append(seconds)
            return True
        return False

    def failures(self):
        """How often pxlaunch did not do the job."""
        return self.hung["pxlaunch"] + self.failed["pxlaunch"]


def ended_within(pidfd, seconds):
    """Whether that process ends in time; the descriptor is closed."""
    # Not Popen.wait(timeout): it looks at 0.5, 1.5, 3.5 ... 63.5 ms only.
    over = select.poll()
    over.register(pidfd, select.POLLIN)
    ended = over.poll(1000 * seconds)
    os.close(pidfd)
    return bool(ended)


class Run:
    """One launch: starts it, reads all its output, and ends it at the deadline."""

    def __init__(self, argv, env, deadline, errors=subprocess.DEVNULL):
        self.deadline, self.bytes = deadline, 0
        self.stuck = []  # what was left of a launch that hung: names of processes
        self.tag = uuid.uuid4().hex
        self.directory = tempfile.mkdtemp(prefix="pxb")
        env = {**os.environ, **env, "PXTEST_ID": self.tag, "TMPDIR": self.directory,
               "XDG_RUNTIME_DIR": self.directory, "HOME": self.directory}
        self.begin = time.monotonic()
        self.popen = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, cwd="/",
                                      stdout=subprocess.PIPE, stderr=errors)
        self.pidfd = os.pidfd_open(self.popen.pid)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while data := os.read(self.popen.stdout.fileno(), 1 << 20):
            self.bytes += len(data)

    def alive(self):
        return pxtest.processes_with(self.tag.encode())

    def finish(self):
        """(exit status, seconds); the status is None if it hung."""
        ended = ended_within(self.pidfd, self.deadline)
        seconds = time.monotonic() - self.begin
        status = self.popen.wait() if ended else None
        if ended:
            self.reader.join(5)
        alive = self.alive() if status is None else []
        self.stuck = sorted(process.name for process in alive)
        for process in alive:
            process.kill()
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        return status, seconds


def cell(row, launcher):
    if launcher not in row.values:
        return "-"
    values = row.values[launcher]
    text = f"{1000 * statistics.median(values):.1f}" if values else "none"
    notes = [f"{count} {word}" for count, word in
             ((row.hung[launcher], "hung"), (row.failed[launcher], "failed")) if count]
    return f"{text} ({', '.join(notes)})" if notes else text


class Table:
    """Prints lines of cells: what, one for each launcher, the ratio, the goal, and whatever else `form` has."""

    def __init__(self, launchers, form):
        self.launchers, self.form = launchers, form

    def line(self, *cells):
        print(self.form.format(*cells), flush=True)

    def row(self, row, *more):
        """Whether its goal is met, or cannot be told."""
        own, peer = row.values["pxlaunch"], row.values.get(row.peer)
        ratio = statistics.median(own) / statistics.median(peer) if own and peer else None
        verdict = "" if ratio is None else " met" if ratio <= row.goal else " missed"
        self.line(row.what + ", ms", *(cell(row, name) for name in self.launchers),
                  "-" if ratio is None else f"{ratio:.3f}", f"<= {row.goal}{verdict}", *more)
        return verdict != " missed"


def missing(*programs):
    """Says which of these cannot be found; whether there are any."""
    names = [name for name in programs if shutil.which(name) is None]
    if names:
        print(f"bench: error: not found: {', '.join(names)}", file=sys.stderr)
    return bool(names)


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # 256 ranks need three pipes each
