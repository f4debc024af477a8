"""What holds for the ranks of every engine: test classes derive from one of these and from a ContainerCase."""
import os
import pathlib
import shutil
import signal

import pxtest

CLIENT = pxtest.BIN.parents[1] / "static/bin/pxlaunch"
TORTURE = [b"", b"a b", b"*", b"?", b"$HOME;`id`", b";", b"new\nline", b"\xff\xfe%41", b"--", b"-x", b"'\"\\", b"%"]
VALUE = b" a\n'\"$(id)\xff;%41*"


class Claims:
    """asked(COMMAND...) are the options that get it inside, is_empty() says whether no container is left."""

    user_id = None  # of the ranks; None: the test's user
    at_once = 2     # ranks that need not wait for each other
    note = b""      # what is said of ranks in containers
    hidden = b""    # what a rank sees of a variable that nobody has named
    shell = "/bin/busybox"
    no_new_privileges = "1"
    by_signal = b"was killed by SIGSEGV"
    not_found = (127, b"pxwrap: error: cannot execute 'nothing' in")

    def ranks_user(self):
        return self.user.pw_uid if self.user_id is None else self.user_id

    def test_rights_and_places(self):
        """The user's id and no rights beyond; /proc/self and /dev/stdout are the rank's own."""
        script = ("echo $PXLAUNCH_RANK $(id -u) $PWD; grep -E '^(CapEff|NoNewPrivs)' /proc/self/status; readlink /proc/self/exe; "
                  "echo out >/dev/stdout")
        done = self.expect(0, ["-n", "4", *self.asked("sh", "-c", self.together(script, 4))])
        self.assertEqual(done.err, self.note, done)
        self.assertEqual(sorted(done.out.decode().splitlines()), sorted(
            [f"{rank} {self.ranks_user()} {self.starts_in()}" for rank in range(4)]
            + 4 * ["CapEff:\t" + "0" * 16, f"NoNewPrivs:\t{self.no_new_privileges}", self.shell, "out"]))

    def starts_in(self):
        return str(self.work)

    def together(self, script, _):
        """The script for so many ranks, which may have to wait for each other."""
        return script

    def test_words(self):
        script = 'printf "%s\\0" "$MINE" "$SECRET" "$@"'
        given = {"MINE": os.fsdecode(VALUE), "SECRET": "s"}
        done = self.expect(0, ["-x", "MINE", *self.asked("sh", "-c", script, "sh", *TORTURE)], env=given)
        self.assertEqual(done.out.split(b"\0")[:-1], [VALUE, self.hidden, *TORTURE])

    def test_ends(self):
        self.expect(7, ["-n", str(self.at_once), *self.asked("sh", "-c", "exit 7")])
        done = self.expect(139, ["-n", str(self.at_once), *self.asked("sh", "-c", "kill -SEGV $$")])
        self.assertIn(self.by_signal, done.err)
        code, words = self.not_found
        self.assertIn(words, self.expect(code, self.asked("nothing")).err)

    def test_killed(self):
        """The right status, and no process and no container 3 s after the end of whoever was killed."""
        for victim, code in (("pxlaunch", -signal.SIGKILL), ("pxrec", 125), ("rank", 128 + signal.SIGKILL)):
            with self.subTest(victim):
                sleep = self.asked("sh", "-c", f"echo in; exec sleep {self.nap}")
                job = self.start(["-n", "2", *sleep]).wait_for(b"in\n", count=2)
                ranks = self.eventually("both ranks sleep", lambda: len(self.asleep()) == 2 and self.asleep())
                if victim == "rank":
                    os.kill(ranks[0], signal.SIGKILL)
                else:
                    self.one_process(victim).kill()
                done = job.finish()
                self.assertEqual(done.code, code, done)
                self.eventually("no process and no container is left",
                                lambda: not self.asleep() and not self.processes() and self.is_empty(), timeout=3)
        self.may_leave_files = True  # a server that was killed

    def asleep(self):
        return self.sleepers(self.ranks_user())

    def held_input(self):
        """Standard input that says nothing until release_input()."""
        inside, self.outside = os.pipe()
        self.addCleanup(os.close, inside)
        return inside

    def release_input(self):
        os.close(self.outside)


class ByHand:
    """A script in a container that somebody has started without pxrec: the hint's command runs it."""

    def check_by_hand(self, engine, *command, image, named):
        """The command runs in the working directory, in which the script finds a pxlaunch; `named` is the image in the hint."""
        places = {"pxlaunch": CLIENT, "pxrec": pxtest.program("pxrec"), "pxwrap": pxtest.program("pxwrap")}
        installed = self.home / "bin"
        installed.mkdir()
        for name, path in places.items():
            shutil.copy(path, installed / name)
        shutil.copy(CLIENT, self.work)
        (self.work / "job.sh").write_text("#!/bin/sh\nPATH=$PATH:.\n"
                                          "exec pxlaunch -n 2 --oversubscribe sh -c 'echo rank $PXLAUNCH_RANK'\n")
        (self.work / "job.sh").chmod(0o755)
        done = self.start_program([*command, "./job.sh"]).finish()
        self.assertEqual((done.code, done.out), (125, b""), done)
        error, hint = done.err.decode().splitlines()[-2:]
        self.assertEqual(error, f"pxlaunch: error: no server can be reached: this is a container of {engine} that was started "
                                "without pxrec")
        start, _, words = hint.partition(": pxrec ")
        self.assertEqual((start, words), ("pxlaunch: hint: start the script on the host",
                                          f"run --image {named} --engine {engine} -- ./job.sh"))
        done = self.start_program(["sh", "-c", f"exec pxrec {words.replace('IMAGE', image)}"],
                                  env={"PATH": f"{installed}:/usr/bin:/bin"}).finish()
        self.assertEqual((done.code, sorted(done.out.splitlines()), done.err), (0, [b"rank 0", b"rank 1"], b""), done)


class Neighbours(Claims):
    """Ranks that can read each other's memory, as MPI does for large messages."""

    def test_memory(self):
        shutil.copy(pxtest.program("peek"), self.work)
        done = self.expect(0, ["-n", "3", *self.asked(f"{self.work}/peek", str(self.work))])
        self.assertEqual(sorted(done.out.decode().splitlines()),
                         [f"rank {rank} has read 1048576 bytes of rank {(rank + 1) % 3}" for rank in range(3)])


class Kept(Neighbours):
    """One container of all ranks of a node: keepers() are the processes that keep those of the test."""

    def states_of(self, keepers):
        """The files in which these have noted themselves."""
        folder = pathlib.Path(f"/tmp/pxwrap-{self.ranks_user()}")
        return [path for path in folder.glob("*") for pid in keepers if pxtest.read_bytes(path).startswith(b"%d " % pid)]

    def test_all_are_in_one(self):
        job = self.start(["-n", "4", "--stdin", "all", *self.asked("sh", "-c", "readlink /proc/self/ns/mnt; read line; exit 0")],
                         stdin=self.held_input()).wait_for(b"\n", count=4)
        self.assertEqual(len(set(bytes(job.out).splitlines())), 1, job.now())
        self.assertEqual(len(self.keepers()), 1)
        self.release_input()
        self.assertEqual(job.finish().code, 0)

    def test_the_keeper_is_killed(self):
        """The container goes, its ranks go on, and what is left of it goes with the next start."""
        script = "echo in; read line; ls /bin/sh; exit 5"
        job = self.start(["-n", "2", "--stdin", "all", "--on-failure", "wait", *self.asked("sh", "-c", script)],
                         stdin=self.held_input()).wait_for(b"in\n", count=2)
        keeper, = self.keepers()
        state, = self.states_of([keeper])
        os.kill(keeper, signal.SIGKILL)
        self.eventually("no container is left", lambda: not self.keepers(), timeout=3)
        self.release_input()
        done = job.finish()
        self.assertEqual((done.code, done.out), (5, b"in\n" * 2 + b"/bin/sh\n" * 2), done)
        self.expect(0, self.asked("true"))
        self.eventually("it has been swept up", lambda: not state.exists())
        self.eventually("no container is left", self.is_empty, timeout=3)


class JoinedPodman(Kept):
    """What is asked of podman where ranks join one container; for ordinary users and for root."""

    def asked(self, *command):
        return ["--image", "px-busybox", *command]

    def is_empty(self):
        return self.containers() == []

    def keepers(self):
        return [container["Pid"] for container in self.containers()]
