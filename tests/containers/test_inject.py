"""pxrec run --image: a script inside an image, whose pxlaunch starts ranks in the same image."""
import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import termios
import uuid

import claims
import pxcontainer
import pxtest

SCRIPT_VARIABLES = ["URI", "RENDEZVOUS", "NNODES", "NODELIST", "CORES_PER_NODE", "GPUS_PER_NODE", "JOB_ID",
                    "IMAGE", "MOUNT", "INSIDE"]


class _Scripts(pxcontainer.ContainerCase):
    IMAGE = "px-busybox"

    def setUp(self):
        super().setUp()
        if not claims.CLIENT.exists():
            self.skipTest("'tests/run containers' builds the static pxlaunch that this needs")

    def begin(self, *arguments, image=None, **options):
        """pxrec run with these arguments."""
        words = ["pxrec", "run", f"--client={claims.CLIENT}", f"--image={image or self.IMAGE}", *arguments]
        return self.start_program(words, **options)

    def script(self, *lines, name="job.sh"):
        path = self.work / name
        path.write_text("\n".join(("#!/bin/sh", *lines, "")))
        path.chmod(0o755)
        return f"./{name}"

    def runs(self, *lines, code=0, arguments=(), **options):
        """What a script of these lines writes."""
        done = self.begin(*arguments, "--", self.script(*lines), **options).finish()
        self.assertEqual(done.code, code, done)
        return done


class Script(_Scripts):  # ctest: serial timeout=120
    def test_its_ranks_are_in_the_same_image(self):
        done = self.runs('echo "in $container $PWD $(command -v pxlaunch) $PXLAUNCH_NNODES"',
                         "pxlaunch -n 2 --oversubscribe sh -c 'echo $container $PWD; ls /bin/sh'")
        self.assertEqual(done.err, b"")
        first, *ranks = done.out.decode().splitlines()
        self.assertEqual(first, f"in podman {self.work} /.pxlaunch/pxlaunch 1")
        self.assertEqual(sorted(ranks), sorted(2 * [f"podman {self.work}", "/bin/sh"]))

    def test_another_image_and_none(self):
        """In px-static there is one program; outside, all is as it was where pxrec started."""
        done = self.runs("export LD_LIBRARY_PATH=/image",
                         "pxlaunch -n1 --image px-static /bin/busybox sh -c 'echo $container $LD_LIBRARY_PATH; echo /bin/*'",
                         "pxlaunch -n1 --no-container sh -c 'echo ${container:-none} $PATH $HOME $LD_LIBRARY_PATH $PXLAUNCH_INSIDE'")
        self.assertEqual(done.out.decode().splitlines(),
                         ["podman", "/bin/busybox", f"none {self.env['PATH']} {self.user.pw_dir}"], done)

    def test_directories(self):
        """A script may go where its ranks should start: they are where it is."""
        (self.work / "sub").mkdir()
        done = self.runs("cd sub", "pxlaunch -n1 pwd", "cd /tmp", "pxlaunch -n1 pwd", "pxlaunch -n1 -C /bin pwd")
        self.assertEqual(done.out.decode().split(), [f"{self.work}/sub", "/tmp", "/bin"])
        done = self.begin("--mount", f"{self.work}:/data", "-C", "/data", "--", self.script("pwd", "pxlaunch -n1 pwd")).finish()
        self.assertEqual((done.code, done.out), (0, b"/data\n/data\n"), done)

    def test_environment_by_origin(self):
        """A script that sources another: all of it reaches the ranks, and nothing of what pxrec was started with."""
        (self.work / "env.sh").write_text("export GMXDATA=/g LD_LIBRARY_PATH=/image/lib PATH=/image/bin:$PATH OPAL_PREFIX=/o\n")
        given = {"SECRET": "s", "LD_LIBRARY_PATH": "/rec", "SLURM_PROCID": "4", "OMP_PLACES": "rec", "MINE": "m", "PXLAUNCH_GRACE": "5"}
        done = self.runs("env -0 >script", ". ./env.sh", "SLURM_PROCID=5 pxlaunch -n1 env -0 >rank",
                         "pxlaunch -n1 --no-container env -0 >out", arguments=["-x", "MINE", "-x", "SET=a b"], env=given)
        self.assertEqual(done.err, b"")
        script, rank, out = (dict(entry.split("=", 1) for entry in (self.work / name).read_text().split("\0")[:-1])
                             for name in ("script", "rank", "out"))
        for seen in (script, rank):
            self.assertEqual({name: seen.get(name) for name in ("SECRET", "SLURM_PROCID", "OMP_PLACES", "MINE", "SET")},
                             {"SECRET": None, "SLURM_PROCID": None, "OMP_PLACES": None, "MINE": "m", "SET": "a b"})
            self.assertNotIn("/usr/local/games", seen["PATH"])
            self.assertEqual([name for name in seen if name.startswith("PXWRAP_")], [])
        self.assertNotIn("LD_LIBRARY_PATH", script)
        self.assertEqual([rank[name] for name in ("GMXDATA", "LD_LIBRARY_PATH", "OPAL_PREFIX", "PATH")],
                         ["/g", "/image/lib", "/o", "/image/bin:" + script["PATH"]])
        self.assertEqual([name for name in rank if name in ("PXLAUNCH_URI", "PXLAUNCH_RENDEZVOUS")], [])
        self.assertEqual([out.get(name) for name in ("GMXDATA", "LD_LIBRARY_PATH", "PATH", "SECRET", "SLURM_PROCID")],
                         [None, "/rec", self.env["PATH"], "s", None])

    def test_nothing_but_the_image_and_what_is_named(self):
        """Beside 'podman run' of the same image: what is more is the runtime's, of a fixed list, or is named."""
        plain = self.podman("run", "--rm", "--network", "host", "--ulimit", "host", "px-busybox", "env", "-0")
        # No shell, which would add its own.
        own = self.begin("-x", "MINE", "-x", "SET=a b", "--", "env", "-0", env={"MINE": "m", "PXLAUNCH_GRACE": "5"}).finish().out
        plain, own = (dict(entry.split("=", 1) for entry in text.decode().split("\0")[:-1]) for text in (plain, own))
        self.assertLessEqual({*plain, *own} - {*own}, {"HOSTNAME", "TERM"})  # podman's additions
        more = {name: value for name, value in own.items() if plain.get(name) != value}
        self.assertEqual({name: value for name, value in more.items() if not name.startswith("PXLAUNCH_")},
                         {"MINE": "m", "SET": "a b", "PATH": "/.pxlaunch:" + plain["PATH"]})
        self.assertEqual({name for name in more if name.startswith("PXLAUNCH_")},
                         {f"PXLAUNCH_{name}" for name in SCRIPT_VARIABLES + ["GRACE"]})
        self.assertEqual((more["PXLAUNCH_GRACE"], more["PXLAUNCH_IMAGE"]), ("5", "px-busybox"))

    def test_defaults_of_the_site(self):
        """They hold for the script and for its ranks, and a file that only the node has is named to neither."""
        (self.home / "site").write_text(json.dumps({"defaults": {"mount": f"{self.work}:/site", "engine": "podman"}, "locked": ["engine"]}))
        show = "echo /site/*.sh /mine/*.sh ${PXLAUNCH_HOSTFILE-none} ${PXLAUNCH_REPORT-none}"
        env = {"PXLAUNCH_MOUNT": f"{self.work}:/mine", "PXLAUNCH_REPORT": "/nowhere/report"}
        done = self.runs(show, f"pxlaunch -n1 sh -c '{show}'", env=env)
        self.assertEqual(done.out, b"/site/job.sh /mine/job.sh none none\n" * 2, done)
        done = self.begin("--engine", "docker", "true").finish()
        self.assertEqual(done.code, 2, done)
        self.assertIn(b"--engine is locked by %b" % os.fsencode(self.home / "site"), done.err)

    def test_byte_for_byte(self):
        words = [b"", b"a b", b"*", b"$(id);`id`", b"new\nline", b"\xff\xfe", b"--", b"-x", b":", b"'\"\\"]
        torture = b" a\n'\"$(id)\xff;* "
        name = self.script('printf "%s\\0" "$@" "$T"', """exec pxlaunch -n1 -- sh -c 'printf "%s\\0" "$@" "$T"' sh "$@" """)
        done = self.begin("-x", "T", "--", name, *words, env={"T": os.fsdecode(torture)}).finish()
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertEqual(done.out.split(b"\0")[:-1], 2 * [*words, torture])

    def test_input_and_status(self):
        done = self.runs("read line; echo $line", "pxlaunch -n1 cat", "exit 7", code=7, stdin=b"first\nsecond\n")
        self.assertEqual(done.out, b"first\nsecond\n", done)
        self.assertEqual(self.runs("pxlaunch -n1 sh -c 'exit 9'", code=9).out, b"")
        self.runs("kill -SEGV $$", code=139)

    def test_no_secret_in_an_argument(self):
        """While both are there: the script, and a rank. Other programs' arguments may hold any ordinary word."""
        secret = uuid.uuid4().hex
        there = self.begin("-x", "TOKEN=hidden", "--", self.script("echo $TOKEN $PXLAUNCH_RENDEZVOUS",
                                                                  "pxlaunch -n1 sh -c 'echo in $TOKEN; exec sleep 60'"),
                           env={"SECRET": secret}).wait_for(b"in hidden")
        uri = bytes(there.out).split(b'"uri":"')[1].split(b'"')[0]
        lines = [pxtest.read_bytes(f"/proc/{pid}/cmdline") for pid in os.listdir("/proc") if pid.isdigit()]
        there.signal(signal.SIGTERM).finish()
        for word in (uri, secret.encode()):
            self.assertEqual([line for line in lines if word in line], [])


class Ends(_Scripts):  # ctest: serial timeout=120
    def begin(self, *arguments, **options):
        return super().begin(*pxcontainer.MARK, *arguments, **options)

    def nothing_is_left(self):
        self.eventually("no process and no container is left",
                        lambda: not self.processes() + self.sleepers() and self.containers() == [], timeout=3)

    def test_term_has_its_time(self):
        rank = "trap 'echo bye; exit 3' TERM; echo in; while :; do sleep 0.1; done"
        there = self.begin("--", self.script(f'pxlaunch -n1 sh -c "{rank}"')).wait_for(b"in\n")
        done = there.signal(signal.SIGTERM).finish()
        self.assertEqual((done.code, done.out), (143, b"in\nbye\n"), done)
        self.nothing_is_left()

    def test_whoever_is_killed(self):
        for victim, code in (("pxrec", -9), ("job.sh", 137)):
            with self.subTest(victim):
                there = self.begin("--", self.script(f"pxlaunch -n1 sh -c 'echo in; exec sleep {self.nap}' &", "wait")).wait_for(b"in\n")
                if victim == "pxrec":
                    there.signal(signal.SIGKILL)
                else:
                    self.one_process(victim).kill()
                self.assertEqual(there.finish().code, code)
                self.nothing_is_left()

    def test_what_it_orphans(self):
        """Its daemons are pxrec's children, and are no zombies when they have ended."""
        os.mkfifo(self.work / "fifo")
        (self.work / "fifo").chmod(0o666)
        there = self.begin("--", self.script("for i in 1 2 3 4 5 6 7 8; do (sh -c 'read _ <fifo' &) ; done", "echo made", "read line"),
                           stdin=subprocess.PIPE)
        there.wait_for(b"made\n")
        first, = [process for process in self.processes("pxrec") if process.pid == there.popen.pid]
        orphans = self.eventually("they are its children", lambda: self.children(first.pid, b"sh") if
                                  len(self.children(first.pid, b"sh")) == 8 else [])
        for pid in orphans:
            os.kill(int(pid), signal.SIGKILL)
        self.eventually("they are gone", lambda: not self.children(first.pid, b"sh"))
        there.popen.stdin.write(b"end\n")
        there.popen.stdin.close()
        self.assertEqual(there.finish().code, 0)

    @staticmethod
    def children(pid, name):
        listed = pxtest.read_bytes(f"/proc/{pid}/task/{pid}/children").split()
        return [child for child in listed if pxtest.read_bytes(f"/proc/{int(child)}/comm").strip() == name]

    def test_the_keepers_are_killed(self):
        """The script and its ranks go on, and end as they would have."""
        there = self.begin("--", self.script("pxlaunch -n1 sh -c 'echo in; read line; exit 5'"), stdin=subprocess.PIPE).wait_for(b"in\n")
        for container in self.containers():
            os.kill(container["Pid"], signal.SIGKILL)
        self.eventually("the containers are gone", lambda: self.containers() == [], timeout=3)
        there.popen.stdin.close()
        self.assertEqual(there.finish().code, 5)
        self.nothing_is_left()
        self.runs("exit 0")  # whose container's start sweeps up what the killed ones have left

    def test_two_at_once(self):
        """Each in a container of its own, which ends with it."""
        first, second = (self.begin("--", self.script("readlink /proc/self/ns/mnt", "read line"), stdin=subprocess.PIPE).wait_for(b"\n")
                         for _ in range(2))
        self.assertNotEqual(bytes(first.out), bytes(second.out))
        self.assertEqual(len(self.containers()), 2)
        first.popen.stdin.close()
        self.assertEqual(first.finish().code, 1)
        self.assertEqual(len(self.containers()), 1)
        second.popen.stdin.close()
        self.assertEqual(second.finish().code, 1)
        self.nothing_is_left()

    def test_what_a_script_leaves_ends_with_it(self):
        self.runs(f"sleep {self.nap} & env -i sleep {self.nap} & exit 4", code=4)
        self.nothing_is_left()


class Refused(_Scripts, claims.ByHand):  # ctest: serial timeout=120
    def refused(self, code, words, *arguments, **options):
        done = self.begin(*arguments, **options).finish()
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertIn(word, done.err)

    def test_command(self):
        self.refused(127, [b"pxwrap: error: cannot execute './none.sh' in image 'px-busybox': no such file"], "./none.sh")
        (self.work / "text").write_text("")
        self.refused(126, [b"cannot execute './text' in image 'px-busybox': permission denied"], "./text")
        self.script(name="bash.sh")
        (self.work / "bash.sh").write_text("#!/bin/bash\n")
        self.refused(127, [b"it is there: its loader or interpreter is not in the image"], "./bash.sh")

    def test_image_and_engine(self):
        self.refused(125, [b"podman cannot start a container of 'px-none': short-name", b"'podman images' lists"],
                     "true", image="px-none")
        self.refused(125, [b"there is no sarus in the search path"], "--engine", "sarus", "true")
        self.refused(2, [b"--engine: unknown engine 'podmann'", b"did you mean podman?"], "--engine", "podmann", "true")
        self.refused(2, [b"--image: no image is named '--rm'"], "true", image="--rm")
        self.refused(2, [b"pxrec run: the command is missing"])

    def test_client(self):
        shared = shutil.which("cat")
        self.refused(125, [b"cannot be taken into an image: it needs shared libraries", b"--client PATH"],
                     f"--client={shared}", "true")
        self.refused(125, [b"cannot read '/none': no such file"], "--client=/none", "true")
        self.refused(125, [b"'./job.sh' is no program of ELF", b"linked statically with --client PATH"],
                     f"--client={self.script()}", "true")

    def test_directory(self):
        (self.work / "a:b").mkdir()
        self.refused(125, [b"cannot mount the working directory", b"there is a ':' in its name", b"or name one with -C"],
                     "true", cwd=self.work / "a:b")
        done = self.begin("-C", "/bin", "--", "pwd", cwd=self.work / "a:b").finish()
        self.assertEqual((done.code, done.out), (0, b"/bin\n"), done)

    def test_by_hand(self):
        self.check_by_hand("podman", "/usr/bin/podman", "run", "--rm", "--network", "host", "--ulimit", "host",
                           "-v", f"{self.work}:/w", "-w", "/w", "px-busybox", image="px-busybox", named="IMAGE")


class Images(_Scripts):  # ctest: serial timeout=180
    """Whatever C library the image has, older or newer than that of the client, or none."""

    def test_suites(self):
        """Debian 11, 12, 13 and testing."""
        versions = set()
        for image in ("px-bullseye", "px-mpi", "px-mpi5", "px-testing"):
            with self.subTest(image):
                done = self.runs("ldd --version | head -n1", "exec pxlaunch -n 2 --oversubscribe bash -c 'echo $PXLAUNCH_RANK of $PXLAUNCH_SIZE'",
                                 image=image)
                version, *ranks = done.out.decode().splitlines()
                self.assertEqual(sorted(ranks), ["0 of 2", "1 of 2"], done)
                versions.add(version)
        self.assertEqual(len(versions), 4, versions)

    def test_no_shell(self):
        """One static program and nothing else: the command itself is pxlaunch."""
        done = self.begin("--", "pxlaunch", "-n", "2", "--oversubscribe", "/bin/busybox", "echo", "alone", image="px-static").finish()
        self.assertEqual((done.code, done.out, done.err), (0, b"alone\nalone\n", b""), done)
        done = self.begin("--", "/bin/busybox", "sh", "-c", "echo /bin/*", image="px-static").finish()
        self.assertEqual((done.code, done.out), (0, b"/bin/busybox\n"), done)

    def test_mpi(self):
        """Open MPI 4.1 and 5.0 in the image, and of the runtime what comes along."""
        shutil.copy(pxtest.program("init_finalize"), self.work)
        for image, version in (("px-mpi", "4.1"), ("px-mpi5", "5.0")):
            with self.subTest(image):
                # What the program loads, by its own words.
                library = "lib=$(ldd ./init_finalize | sed -n 's/.*libmpi.so.40 => \\([^ ]*\\).*/\\1/p')"
                done = self.runs(library, "grep -aoE '[0-9]+[.][0-9]+[.][0-9]+' $lib | grep -E '^(4[.]1|5[.]0)[.]' | sort -u",
                                 "pxlaunch -n 4 --oversubscribe ./init_finalize", image=image,
                                 arguments=["-x", "OMPI_MCA_btl_tcp_if_include"])  # as in setUp
                self.assertEqual(done.err, b"", done)
                self.assertRegex(done.out, b"^%b[.][0-9]+\n4 processes, up to 4 per node, 1 node\n" % version.encode())

    def test_mpich_without_pmix(self):
        """It cannot work: not four jobs of one rank, and which side is to change."""
        program = pxtest.program("init_finalize_mpich")
        shutil.copy(program, self.work)
        (self.work / "lib").mkdir()
        for line in subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout.splitlines():
            if "=> /" in line and "libc.so" not in line:
                shutil.copy(line.split()[2], self.work / "lib")
        done = self.runs("export LD_LIBRARY_PATH=$PWD/lib", "pxlaunch -n 4 --oversubscribe ./init_finalize_mpich",
                         code=125, image="px-mpi")
        self.assertNotIn(b"1 processes", done.out)
        self.assertRegex(done.err, b"error: rank [0-9] asks for PMI-1 \\(MPICH, Intel MPI\\), which this server does not speak: "
                                   b"its 4 processes would each run alone\n"
                                   b"pxlaunch: hint: use an MPI library that was built with PMIx")


class Charliecloud(_Scripts):  # ctest: serial
    """An engine whose containers are run and not joined: inside, another pxwrap sets the search path."""

    def setUp(self):
        super().setUp()
        self.root = self.home / "root"
        shutil.copytree(f"{self.user.pw_dir}/root", self.root, symlinks=True)
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def test_script(self):
        for place in (".pxlaunch/pxlaunch", ".pxwrap/program"):
            (self.root / place).parent.mkdir()
            (self.root / place).touch()
        name = self.script('echo "$# $2 $PATH ${SECRET:-none} $MINE"', "export OWN=own", "pxlaunch -n 1 sh -c 'echo $OWN $PATH; exit 7'")
        done = self.begin("--engine", "charliecloud", "-x", "PATH=/bin", "-x", "MINE", "-C", "/tmp", "--", f"{self.work}/{name[2:]}",
                          "", "a b*", image=str(self.root), env={"SECRET": "s", "MINE": "m"}).finish()
        self.assertEqual((done.code, done.out), (7, b"2 a b* /.pxlaunch:/bin none m\nown /.pxlaunch:/bin\n"), done)

    def test_no_place(self):
        done = self.begin("--engine", "charliecloud", "--", "sh", image=str(self.root)).finish()
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"has no place for pxlaunch, and charliecloud makes none", done.err)
        self.assertIn(b"(cd %b && mkdir -p .pxlaunch .pxwrap && touch .pxlaunch/pxlaunch .pxwrap/program)" % os.fsencode(self.root),
                      done.err)


class Terminal(_Scripts):  # ctest: serial
    def test_it_is_the_scripts(self):
        """As with podman run -it: questions and answers, its size, and control C."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
        name = self.script("test -t 0 && test -t 1 && stty size", "read line; echo got $line", "trap 'echo caught; exit 6' INT",
                           "echo ready; while :; do sleep 0.1; done")
        there = self.begin("--", name, stdin=slave, stdout=slave, stderr=slave,
                           preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        seen = b""
        os.write(master, b"word\n")
        while b"ready" not in seen:
            seen += os.read(master, 4096)
        self.assertIn(b"33 101\r\n", seen)
        self.assertIn(b"got word\r\n", seen)
        os.write(master, b"\3")
        self.assertEqual(there.finish().code, 6)
        os.close(master)
