"""pxwrap by hand: into podman's containers, without root, and out of them without a trace."""
import os
import shutil
import signal
import subprocess

import pxcontainer
import pxtest

IMAGE = ("--engine", "podman", "--image", "px-busybox", "--")


class Inside(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    def test_who_and_where(self):
        """Ids are kept and every capability is gone; /proc and /dev lead somewhere."""
        script = "id -u; pwd; grep -E '^(Cap|NoNew)' /proc/self/status; readlink /proc/self/exe; echo out >/dev/stdout"
        # The pipe is the user's own: that of another could not be opened by name.
        done = self.start_program(["sh", "-c", '"$@" | cat', "sh", pxtest.program("pxwrap"), *IMAGE, "sh", "-c",
                                   script]).finish()
        self.assertEqual((done.code, done.err), (0, b""), done)
        lines = done.out.decode().split("\n")
        self.assertEqual(lines[:2], [str(self.user.pw_uid), str(self.work)])
        self.assertEqual({line.split()[1] for line in lines[2:7]}, {"0" * 16})
        self.assertEqual(lines[7:], ["NoNewPrivs:\t1", "/bin/busybox", "out", ""])

    def test_argv_byte_for_byte(self):
        words = [b"", b"a b", b"*", b"$HOME;`id`", b"new\nline", b"\xff\xfe", b"--", b"-x", b":", b"'\"\\"]
        done = self.wrap(*IMAGE, "sh", "-c", 'for each; do printf "%s\\0" "$each"; done', "sh", *words)
        self.assertEqual(done.out.split(b"\0")[:-1], words, done)

    def test_environment(self):
        """The image's own, what belongs to the job, and what -x names: nothing else."""
        torture = b" a\n'\"$(id)\xff;"
        given = {"SECRET": "s", "LD_LIBRARY_PATH": "/x", "PXLAUNCH_RENDEZVOUS": "secret", "PMIX_RANK": "3",
                 "OMP_NUM_THREADS": os.fsdecode(torture), "MINE": "m", "OTHER": "o"}
        done = self.wrap("-x", "MINE", "--env", "SET=a=b", *IMAGE, "env", "-0", env=given)
        seen = dict(entry.split(b"=", 1) for entry in done.out.split(b"\0")[:-1])
        self.assertEqual({name: seen.get(name) for name in (b"MINE", b"SET", b"PMIX_RANK", b"OMP_NUM_THREADS")},
                         {b"MINE": b"m", b"SET": b"a=b", b"PMIX_RANK": b"3", b"OMP_NUM_THREADS": torture})
        self.assertTrue(seen[b"PATH"].startswith(b"/usr/local/sbin:"), seen)
        for name in (b"SECRET", b"OTHER", b"LD_LIBRARY_PATH", b"PXLAUNCH_RENDEZVOUS", b"PXTEST_ID", b"XDG_RUNTIME_DIR"):
            self.assertNotIn(name, seen)
        done = self.wrap("--env-all", *IMAGE, "sh", "-c", "echo $OTHER", env=given)
        self.assertEqual(done.out, b"o\n", done)

    def test_how_it_ends(self):
        self.assertEqual(self.wrap(*IMAGE, "sh", "-c", "exit 7").code, 7)
        self.assertEqual(self.wrap(*IMAGE, "sh", "-c", "kill -SEGV $$").code, -signal.SIGSEGV)
        waiting = self.start_program(["pxwrap", *IMAGE, "sh", "-c", "echo in; exec sleep 60"]).wait_for(b"in\n")
        self.assertEqual(waiting.signal(signal.SIGTERM).finish().code, -signal.SIGTERM)

    def test_directories(self):
        """The working directory is mounted, HOME is not; --mount mounts; -C chooses."""
        (self.work / "file").write_text("here\n")
        self.assertEqual(self.wrap(*IMAGE, "cat", "file").out, b"here\n")
        done = self.wrap(*IMAGE, "sh", "-c", "pwd; ls /var/tmp", cwd=self.user.pw_dir)
        self.assertEqual((done.code, done.out), (1, b"/\n"), done)
        done = self.wrap("--mount", f"{self.work}:/data", "-C", "/data", *IMAGE, "sh", "-c", "pwd; cat file", cwd="/")
        self.assertEqual(done.out, b"/data\nhere\n", done)

    def test_the_images_own_directory(self):
        """Where nobody has named one: the script starts there, too."""
        own = ["--image", "px-workdir"]
        self.assertEqual(self.wrap(*own, "pwd", cwd="/").out, b"/srv/start\n")
        self.assertEqual(self.wrap(*own, "--", "/bin/busybox", "sh", "-c", "echo $PWD", env={"OMP_X": "x"},
                                   cwd=self.user.pw_dir).out, b"/srv/start\n")
        self.assertEqual(self.wrap(*own, "pwd").out, os.fsencode(f"{self.work}\n"))
        done = self.start(["-n", "2", *own, "pwd"], cwd="/").finish()
        self.assertEqual((done.code, done.out), (0, b"/srv/start\n" * 2), done)

    def test_devices(self):
        """A device of the node, and the limit for locked memory that the job has."""
        script = "ls /dev/loop-control /dev/fuse; ulimit -l"
        limit = self.start_program(["sh", "-c", "ulimit -l"]).finish().out
        done = self.wrap("--devices", "/dev/fuse", *IMAGE, "sh", "-c", script)
        self.assertEqual(done.out, b"/dev/fuse\n" + limit, done)

    def test_a_static_program_is_enough(self):
        done = self.wrap("--image", "px-static", "/bin/busybox", "echo", "alone")
        self.assertEqual((done.code, done.out), (0, b"alone\n"), done)


class Shared(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    def where(self, *arguments):
        return self.start_program(["pxwrap", *arguments, "readlink", "/proc/self/ns/mnt"])

    def test_64_at_once_make_one_container(self):
        script = ["sh", "-c", "readlink /proc/self/ns/mnt; read line; exit 0"]
        for _ in range(2):
            there = [self.start_program(["pxwrap", *IMAGE, *script], stdin=subprocess.PIPE) for _ in range(64)]
            self.assertEqual(len({bytes(each.wait_for(b"\n", timeout=60).out) for each in there}), 1)
            # That of the round before may still be on its way out.
            self.eventually("there is one container", lambda: len(self.containers()) == 1)
            for each in there:
                each.popen.stdin.close()
            self.assertEqual({each.finish().code for each in there}, {0})

    def test_jobs_and_mounts_have_their_own(self):
        script = ["sh", "-c", "readlink /proc/self/ns/mnt; exec sleep 60"]
        there = [self.start_program(["pxwrap", *more, *IMAGE, *script], env=env).wait_for(b"\n")
                 for more, env in [((), {}), ((), {}), (("--mount", "/usr"), {}), ((), {"PXLAUNCH_JOB": "another"})]]
        first, *others = (bytes(each.out) for each in there)
        self.assertEqual([first == other for other in others], [True, False, False])
        self.assertEqual(len(self.containers()), 3)
        for each in there:
            each.signal(signal.SIGKILL).finish()

    def test_the_keeper_is_killed(self):
        """Ranks go on; the next one gets a container of its own."""
        stays = self.start_program(["pxwrap", *IMAGE, "sh", "-c", "echo in; read line; cat /etc/os-release; ls /bin/sh"],
                                   stdin=subprocess.PIPE).wait_for(b"in\n")
        container, = self.containers()
        os.kill(container["Pid"], signal.SIGKILL)
        self.eventually("the container is gone", lambda: self.containers() == [])
        self.assertEqual(self.wrap(*IMAGE, "echo", "next").out, b"next\n")
        stays.popen.stdin.write(b"\n")
        stays.popen.stdin.close()
        self.assertIn(b"/bin/sh\n", stays.finish().out)

    def test_who_watches_over_it_is_killed(self):
        """conmon and the keeper at once, as a scheduler may do it: the next start removes what podman still has in its books,
        of the same job and of another, and nothing of the user's own."""
        self.podman("create", "--name", "pxwrap-mine", "px-busybox", "true")
        self.addCleanup(self.podman, "rm", "--force", "--ignore", "pxwrap-mine")
        for job in ("first", "second"):
            stays = self.start_program(["pxwrap", *IMAGE, "sh", "-c", "echo in; read line"], env={"PXLAUNCH_JOB": "first"},
                                       stdin=subprocess.PIPE).wait_for(b"in\n")
            dead, = [each for each in self.containers() if each["State"] == "running"]
            os.kill(int(self.podman("inspect", "--format", "{{.State.ConmonPid}}", dead["Id"])), signal.SIGKILL)
            os.kill(dead["Pid"], signal.SIGKILL)
            if job == "second":
                stays.popen.stdin.close()
                stays.finish()
            self.assertIn(dead["Id"], [each["Id"] for each in self.containers()])
            self.assertEqual(self.wrap(*IMAGE, "echo", "next", env={"PXLAUNCH_JOB": job}).out, b"next\n")
            self.eventually("it is removed", lambda: dead["Id"] not in [each["Id"] for each in self.containers()], timeout=30)
            if job == "first":
                stays.popen.stdin.close()
                stays.finish()
            self.eventually("the user's own is left", lambda: [each["Names"] for each in self.containers()] == [["pxwrap-mine"]])
        self.podman("rm", "pxwrap-mine")

    def test_who_starts_it_is_killed(self):
        """podman ends its work, nobody is in the container, and so it goes."""
        first = self.where(*IMAGE)
        self.eventually("podman has been started", lambda: self.processes("podman"))
        first.signal(signal.SIGKILL).finish()
        done = self.where(*IMAGE).finish()
        self.assertEqual(done.code, 0, done)

    def test_a_parent_that_ignores_its_children(self):
        """Python's, say: how the engine ends is seen all the same, and the rank has what its parent wanted."""
        ignore = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
        done = self.wrap(*IMAGE, "grep", "SigIgn", "/proc/self/status", **ignore)
        self.assertEqual(done.code, 0, done)
        self.assertTrue(int(done.out.split()[1], 16) >> (signal.SIGCHLD - 1) & 1, done)
        self.fails(125, [b"podman cannot start a container of 'px-none': short-name"], "--image", "px-none", "true", **ignore)

    def test_who_starts_one_that_hangs_is_killed(self):
        """An engine that nobody waits for any more goes, and takes its attendant and the state along."""
        for name, number in (("podman", signal.SIGTERM), ("podman", signal.SIGKILL), ("apptainer", signal.SIGKILL)):
            engine = self.work / name
            engine.write_text(f"#!/bin/sh\ntrap '' TERM\nexec sleep {self.nap}\n")
            engine.chmod(0o755)
            starter = self.start_program(["pxwrap", "--engine", name, "--image", "x.sif", "true"],
                                         env={"PATH": f"{self.work}:{self.env['PATH']}"})
            self.eventually("the engine hangs", self.sleepers)
            starter.signal(number).finish()
            self.eventually("it is gone", lambda: not self.sleepers() and not self.processes("pxwrap"), timeout=6)
            self.assertEqual(list(self.states.glob("*")), [])

    def test_who_starts_one_that_fails_is_killed(self):
        """Nobody else knows that it was to be; what is left of it is removed all the same."""
        engine = self.work / "podman"
        engine.write_text("#!/bin/sh\necho >asked\nuntil [ -e go ]; do read _ <fifo; done\nexit 125\n")
        engine.chmod(0o755)
        os.mkfifo(self.work / "fifo", 0o666)
        (self.work / "fifo").chmod(0o666)
        fifo = os.open(self.work / "fifo", os.O_RDWR)  # open, whether or not the engine has come to read it
        self.addCleanup(os.close, fifo)
        starter = self.start_program(["pxwrap", *IMAGE, "true"], env={"PATH": f"{self.work}:{self.env['PATH']}"})
        self.eventually("the engine starts", (self.work / "asked").exists)
        self.assertEqual(len(list(self.states.glob("*"))), 1)
        starter.popen.kill()
        starter.finish()
        (self.work / "go").write_text("")
        os.write(fifo, b"\n")
        self.eventually("the state is gone", lambda: not list(self.states.glob("*")), timeout=3)


class Refused(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    def test_no_image(self):
        """podman's own words, once for all who wait."""
        many = [self.start_program(["pxwrap", "--image", "px-none", "true"]) for _ in range(16)]
        for done in [each.finish() for each in many]:
            self.assertEqual(done.code, 125, done)
            self.assertIn(b"pxwrap: error: podman cannot start a container of 'px-none': short-name", done.err)
            self.assertIn(b"pxwrap: hint: 'podman images' lists the images of this node", done.err)

    def test_no_device(self):
        """What a node has not, pxwrap says; podman's words would be riddles."""
        for device, words in [
                ("gpu", [b"--devices gpu: this node has no nvidia.com/gpu: no file in /etc/cdi or /var/run/cdi describes it",
                         b"hint: has it a GPU? Then root runs: nvidia-ctk cdi generate"]),
                ("rdma", [b"--devices rdma: this node has no '/dev/infiniband'", b"ib_uverbs"]),
                ("/dev/none", [b"--devices /dev/none: this node has no '/dev/none'", b"is the path right"]),
                ("amd.com/gpu=0", [b"this node has no amd.com/gpu: no file in /etc/cdi", b"is the name right?"])]:
            self.fails(125, words, "--devices", device, *IMAGE, "true")

    def test_no_engine(self):
        self.env["PATH"] = str(self.work)
        self.fails(125, [b"there is no podman in the search path of this node", b"choose another --engine"],
                   *IMAGE, "true")
        self.fails(125, [b"no engine for image 'x.sif': none of apptainer, singularity is in the search path"],
                   "--image", "x.sif", "true")
        self.fails(125, [b"there is no docker in"], "--engine", "docker", "--image", "px-busybox", "true")

    def test_an_old_engine(self):
        (self.work / "podman").write_text("#!/bin/sh\necho 'Error: unknown flag: --userns' >&2\nexit 125\n")
        (self.work / "podman").chmod(0o755)
        self.fails(125, [b"cannot start a container of 'px-busybox': unknown flag: --userns",
                         b"hint: this podman is too old (podman 4.3 is tested)"],
                   *IMAGE, "true", env={"PATH": f"{self.work}:/usr/bin:/bin"})

    def test_an_engine_that_says_much(self):
        """The last line is the error, however much was said before."""
        (self.work / "podman").write_text("#!/bin/sh\nyes fetched | head -c 100000 >&2\necho 'Error: no room' >&2\nexit 125\n")
        (self.work / "podman").chmod(0o755)
        self.fails(125, [b"podman cannot start a container of 'px-busybox': no room\n"],
                   *IMAGE, "true", env={"PATH": f"{self.work}:/usr/bin:/bin"})

    def test_no_program(self):
        self.fails(127, [b"cannot execute 'nothing' in image 'px-busybox': no such file",
                         b"hint: the search path there is /usr/local/sbin:"], *IMAGE, "nothing")
        (self.work / "text").write_text("")
        self.fails(126, [b"cannot execute './text' in image 'px-busybox': permission denied"], *IMAGE, "./text")
        (self.work / "script").write_text("#!/no/interpreter\n")
        (self.work / "script").chmod(0o755)
        self.fails(127, [b"it is there: its loader or interpreter is not in the image"], *IMAGE, "./script")
        shutil.copy(pxtest.program("end_with"), self.work)
        self.fails(127, [b"there is one in the working directory: write ./end_with"], *IMAGE, "end_with")

    def test_no_directory(self):
        self.fails(125, [b"no working directory '/nowhere' in image 'px-busybox': no such file",
                         b"mount it with --mount, or choose another with -C"], "-C", "/nowhere", *IMAGE, "true")
        (self.work / "a:b").mkdir()
        self.fails(125, [b"cannot mount the working directory", b"there is a ':' in its name"],
                   *IMAGE, "true", cwd=self.work / "a:b")

    def test_a_folder_of_states_of_somebody_else(self):
        self.states.mkdir(exist_ok=True)
        os.chown(self.states, self.user.pw_uid, self.user.pw_gid)
        self.addCleanup(self.states.chmod, 0o700)
        self.states.chmod(0o777)
        self.fails(125, [b"is not a directory of this user alone", b"have it removed"], *IMAGE, "true")

    def test_usage(self):
        for arguments, words in [
                (("--engine", "podmann", "x"), [b"--engine: unknown engine 'podmann'", b"did you mean podman? There are:"]),
                (("--engine", "podman", "x"), [b"--engine podman: no image is given", b"--image, or in PXWRAP_IMAGE"]),
                (("--image=", "x"), [b"--image: expected the name of an image"]),
                (("--image", "--rm", "x"), [b"--image: no image is named '--rm'"]),
                (("--image",), [b"--image needs a value"]),
                (("--devices", "cpu", "x"), [b"--devices: unknown device 'cpu'", b"gpu, rdma"]),
                (("--pull", "always", "x"), [b"--pull: expected missing or never, got 'always'"]),
                (("--image", "i", "--mount", "rel", "x"), [b"--mount: expected SRC or SRC:DST, got 'rel'"]),
                (("--imag", "x"), [b"unknown option '--imag'", b"pxwrap --help"]),
                ((), [b"no command given"])]:
            self.fails(2, words, *arguments)
        self.fails(2, [b"PXWRAP_ENGINE: unknown engine 'x'"], "true", env={"PXWRAP_ENGINE": "x"})


class Defaults(pxcontainer.ContainerCase):  # ctest: serial timeout=120
    def test_the_names_of_2022(self):
        env = {"MPI_IMAGE": "px-busybox", "CONTAINER_ARGS": " --env  BY=args "}
        self.assertEqual(self.wrap("sh", "-c", "echo $container $BY", env=env).out, b"podman args\n")
        env["PXWRAP_IMAGE"] = "px-static"
        self.assertEqual(self.wrap("/bin/busybox", "echo", "in", env=env).out, b"in\n")

    def test_no_container(self):
        env = {"PXWRAP_IMAGE": "px-none"}
        for no in ("--no-container", "--engine=none"):
            self.assertEqual(self.wrap(no, "sh", "-c", "echo $container out", env=env).out, b"out\n")
