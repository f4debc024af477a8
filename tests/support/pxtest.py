"""What the integration tests share: starting the programs, and proving that nothing is left.

A test file holds classes derived from Case and needs no more than that; ctest runs each class
by itself, as `python3 pxtest.py FILE CLASS`. Every process of a test carries PXTEST_ID in its
environment, by which it is found again whoever its parent is.
"""
import importlib.util
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.modules.setdefault("pxtest", sys.modules[__name__])  # also when run as a program

TREE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PX_BIN") or TREE / "build/dev/bin")
SANITIZER = os.environ.get("PX_SANITIZE", "")
SLOW = 4 if SANITIZER else 1  # every limit of time is multiplied by this
# Set by whatever runs us, and able to change what pxlaunch does.
FOREIGN = ("PXLAUNCH_", "PXREC_", "PMIX_", "PMI_", "PRTE_", "OMPI_", "SLURM_", "LSB_", "PBS_",
           "OMP_", "MPIEXEC_", "KUBERNETES_", "JOB_ID", "XDG_", "PXTEST_")


def program(name):
    """The path of a program of ours, or a skip that names it."""
    path = BIN / name
    if not path.exists():
        raise unittest.SkipTest(f"{name} is not built")
    return str(path)


def read_bytes(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""  # the process is gone, or not ours to see


class Process:
    """A process of the test, found through /proc."""

    def __init__(self, pid):
        self.pid = int(pid)
        self.name = read_bytes(f"/proc/{pid}/comm").decode(errors="replace").strip()
        line = read_bytes(f"/proc/{pid}/cmdline").replace(b"\0", b" ")
        self.command = line.decode(errors="replace").strip()

    def __repr__(self):
        return f"{self.pid} {self.name} ({self.command[:100]})"

    def state(self):
        return read_bytes(f"/proc/{self.pid}/stat").rpartition(b") ")[2][:1].decode()

    def memory(self, key="VmHWM"):
        """Bytes; VmHWM is the peak of the resident size, VmRSS that of now."""
        for line in read_bytes(f"/proc/{self.pid}/status").decode().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def blocks(self, number):
        """Whether a program has come as far as to wait for that signal itself."""
        for line in read_bytes(f"/proc/{self.pid}/status").decode().splitlines():
            if line.startswith("SigBlk:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
        return False

    def kill(self, number=signal.SIGKILL):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass


def processes_with(tag):
    """Every living process whose environment holds `tag`."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            if tag in read_bytes(f"/proc/{entry}/environ"):
                found.append(Process(entry))
    return found


class Done:
    """How a program ended; a negative code is the signal that killed it."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"status {self.code}\nstdout: {self.out[-2000:]!r}\nstderr: {self.err[-2000:]!r}"


class Running:
    """A program in the background; what it writes is collected as it comes."""

    def __init__(self, case, popen, data):
        self.case, self.popen, self.pid = case, popen, popen.pid
        self.out, self.err = bytearray(), bytearray()
        self.news = threading.Condition()
        self.threads = []
        for pipe, buffer in ((popen.stdout, self.out), (popen.stderr, self.err)):
            if pipe is not None:
                self._thread(self._collect, pipe, buffer)
        if data is not None:
            self._thread(self._feed, popen.stdin, data)

    def _thread(self, *call):
        self.threads.append(threading.Thread(target=call[0], args=call[1:], daemon=True))
        self.threads[-1].start()

    def _collect(self, pipe, buffer):
        while data := os.read(pipe.fileno(), 1 << 16):
            with self.news:
                buffer += data
                self.news.notify_all()

    @staticmethod
    def _feed(pipe, data):
        try:
            pipe.write(data)
            pipe.close()
        except BrokenPipeError:
            pass  # it need not read everything

    def wait_for(self, text, count=1, timeout=20, stream="out"):
        """Returns when `text` has come `count` times."""
        buffer = getattr(self, stream)
        with self.news:
            if not self.news.wait_for(lambda: buffer.count(text) >= count, timeout * SLOW):
                self.case.fail(f"no {text!r} x {count} in {timeout * SLOW} s: {self.now()}")
        return self

    def now(self):
        return Done(self.popen.poll(), bytes(self.out), bytes(self.err))

    def signal(self, number):
        self.popen.send_signal(number)
        return self

    def finish(self, timeout=30):
        """Waits for the end; a program that does not end fails the test."""
        try:
            self.popen.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            alive = self.case.processes()
            self.case.kill_all()
            self.case.fail(f"still running after {timeout * SLOW} s: {alive}; {self.now()}")
        for thread in self.threads:
            thread.join(5)  # a process left behind may hold the pipe: the leftovers check tells
        return self.now()


class Case(unittest.TestCase):
    """One test, with a home, a run directory and a temporary directory of its own."""

    maxDiff = 2000

    def setUp(self):
        self.tag = "PXTEST_ID=" + uuid.uuid4().hex
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pxt"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.addCleanup(self.kill_all)
        self.run_directory, self.tmp = self.home / "run", self.home / "tmp"
        for directory in (self.run_directory, self.tmp):
            directory.mkdir(mode=0o700)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(FOREIGN)}
        self.env.update(HOME=str(self.home), LANG="C.UTF-8", PATH=f"{BIN}:{os.environ['PATH']}",
                        XDG_RUNTIME_DIR=str(self.run_directory), TMPDIR=str(self.tmp),
                        PXLAUNCH_SITE_CONFIG=str(self.home / "site"), PXTEST_ID=self.tag[10:])
        # Ranks of two jobs meet over TCP: not by a network that this machine may lack.
        self.env["OMPI_MCA_btl_tcp_if_include"] = "lo"
        (self.home / "site").write_text("{}\n")  # never the machine's own
        self.may_leave_files = False  # a server that failed keeps its directory

    def tearDown(self):
        self.check_clean()

    def start(self, arguments, stdin=None, env=None, cwd=None, **options):
        """Starts pxlaunch with these arguments; `arguments` of str or bytes."""
        return self.start_program(["pxlaunch", *arguments], stdin, env, cwd, **options)

    def start_program(self, argv, stdin=None, env=None, cwd=None, **options):
        whole = {**self.env, **(env or {})}
        whole = {name: value for name, value in whole.items() if value is not None}
        if isinstance(argv[0], str) and (BIN / argv[0]).exists():
            argv = [str(BIN / argv[0]), *argv[1:]]
        elif argv[0] in ("pxlaunch", "pxrec"):
            program(argv[0])
        feed = subprocess.PIPE if isinstance(stdin, bytes) else stdin or subprocess.DEVNULL
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        popen = subprocess.Popen(argv, stdin=feed, env=whole, cwd=cwd or self.home,
                                 start_new_session=True, **settings)
        self.addCleanup(self._close, popen)
        return Running(self, popen, stdin if isinstance(stdin, bytes) else None)

    @staticmethod
    def _close(popen):
        if popen.poll() is None:
            popen.kill()
            popen.wait()
        for pipe in (popen.stdin, popen.stdout, popen.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass  # unsent input

    def launch(self, arguments, timeout=30, **options):
        return self.start(arguments, **options).finish(timeout)

    def rec(self, arguments, timeout=30, **options):
        return self.start_program(["pxrec", *arguments], **options).finish(timeout)

    def expect(self, code, arguments, **options):
        """Launches, and fails unless it ends with `code`."""
        done = self.launch(arguments, **options)
        self.assertEqual(done.code, code, f"{arguments}: {done}")
        return done

    def processes(self, name=None):
        found = processes_with(self.tag.encode())
        return [process for process in found if name in (None, process.name)]

    def one_process(self, name):
        found = self.processes(name)
        self.assertEqual(len(found), 1, f"'{name}' among {self.processes()}")
        return found[0]

    def eventually(self, what, condition, timeout=10):
        """Polls until condition() is true, and returns what it gave."""
        end = time.monotonic() + timeout * SLOW
        while not (value := condition()):
            if time.monotonic() > end:
                self.fail(f"not within {timeout * SLOW} s: {what}; alive: {self.processes()}")
            time.sleep(0.02)
        return value

    def check_clean(self, within=2):
        """Nothing of this test lives `within` seconds from now, and no file of ours is left."""
        end = time.monotonic() + within * SLOW
        while (alive := self.processes()) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(alive, [], f"alive after {within * SLOW} s")
        if not self.may_leave_files:
            left = [str(path) for top in (self.run_directory, self.tmp)
                    for path in top.rglob("*") if not path.is_dir()]
            self.assertEqual(left, [], "files left behind")

    def kill_all(self):
        for _ in range(50):
            alive = self.processes()
            if not alive:
                return
            for process in alive:
                process.kill()
            time.sleep(0.02)


def ranks(out):
    """The blocks that show_rank printed, by rank: dicts of text; argv, env and cwd as bytes."""
    found = {}
    for block in out.decode().split("end=1\n")[:-1]:
        seen = {"argv": [], "env": {}}
        for key, _, value in (line.partition("=") for line in block.splitlines()):
            if key == "argv":
                seen["argv"].append(bytes.fromhex(value))
            elif key == "env":
                name, _, text = bytes.fromhex(value).partition(b"=")
                seen["env"][name.decode(errors="surrogateescape")] = text
            else:
                seen[key] = bytes.fromhex(value) if key == "cwd" else value
        found[int(seen["env"].get("PXLAUNCH_RANK", len(found)))] = seen
    return found


def load(path):
    """The tests of one file, as a module."""
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(pathlib.Path(path).resolve().parent))
    spec.loader.exec_module(module)
    return module


def main(path, *names):
    """Runs a file, or classes or methods of it; 77 says that everything was skipped."""
    module = load(path)
    loader = unittest.defaultTestLoader
    suite = (loader.loadTestsFromNames(names, module) if names
             else loader.loadTestsFromModule(module))
    result = unittest.TextTestRunner(sys.stdout, verbosity=2).run(suite)
    for reason in sorted({reason for _, reason in result.skipped}):
        print(f"SKIP {reason}")
    if not result.wasSuccessful() or result.testsRun + len(result.skipped) == 0:
        return 1
    return 77 if result.skipped and len(result.skipped) >= result.testsRun else 0


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    sys.exit(main(*sys.argv[1:]))
