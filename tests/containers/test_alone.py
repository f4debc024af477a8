"""podman on a node that lets no process enter a container: each rank has one of its own, and the user is told."""
import ctypes
import pathlib
import platform
import resource
import struct

import claims
import pxcontainer
import pxtest


LOAD, EQUAL, GIVE = 0x20, 0x15, 0x06
YES = (GIVE, 0, 0, 0x7FFF0000)


def forbid_entering():
    """In the child: setns() of a user and a mount namespace at once is refused, and nothing else."""
    number = {"x86_64": 308, "aarch64": 268}[platform.machine()]
    filter_calls([(LOAD, 0, 0, 0), (EQUAL, 0, 3, number),
                  (LOAD, 0, 0, 24), (EQUAL, 0, 1, 0x10020000),  # the second argument
                  (GIVE, 0, 0, 0x00050001), YES])  # EPERM


def without_pidfd_open():
    """In the child: as before Linux 5.3."""
    filter_calls([(LOAD, 0, 0, 0), (EQUAL, 0, 1, 434), (GIVE, 0, 0, 0x00050026), YES])  # ENOSYS


def filter_calls(steps):
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no filter of system calls")


def less_locked_memory():
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft // 2 // 4096 * 4096 if soft > 0 else 1 << 22, hard))


class Older(pxcontainer.ContainerCase):  # ctest: serial
    def test_a_kernel_that_tells_no_ends(self):
        """At once, and not when a deadline is over."""
        done = self.start_program([pxtest.program("pxwrap"), "--image", "px-busybox", "true"],
                                  preexec_fn=without_pidfd_open).finish(20)
        self.assertEqual((done.code, done.err), (125, (
            b"pxwrap: error: cannot watch over a container (pidfd_open): function not implemented\n"
            b"pxwrap: hint: Linux 5.3 can, unless a filter of system calls forbids it; --no-container runs the command outside\n")))


class Alone(claims.Claims, pxcontainer.ContainerCase):  # ctest: serial timeout=180
    note = (b"pxwrap: note: this node lets no process enter podman's container of 'px-busybox'; "
            b"each rank has one of its own\n")
    by_signal = b"exited with status 139"  # podman's client, that is
    not_found = (127, b"pxwrap: error: cannot execute 'nothing' in the image")

    def start_program(self, argv, *arguments, **options):
        before = options.pop("preexec_fn", lambda: None)
        return super().start_program(argv, *arguments, preexec_fn=lambda: (before(), forbid_entering()), **options)

    def asked(self, *command):
        return ["--image", "px-busybox", *command]

    def is_empty(self):
        return self.containers() == []

    def test_values_are_for_the_rank_alone(self):
        """What is no ASCII is in no list of arguments; and names are as they were."""
        function, token, secret = "BASH_FUNC_f%%", "REGISTRY_TOKEN", f"p\u00e4ss.{self.nap}"
        job = self.start(["-x", "MINE", "-x", function, "-x", token, *self.asked("sh", "-c", "cat /proc/$$/environ; echo in; read line; exit 0")],
                         env={"MINE": secret, function: f"() {{ {secret}; }}", token: self.nap}, stdin=self.held_input()).wait_for(b"in\n")
        seen = [pxtest.read_bytes(path) for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
        self.assertTrue([line for line in seen if b"PXWRAP_CODED_0" in line])
        self.assertEqual([line for line in seen if self.nap.encode() in line], [])
        self.release_input()
        self.assertEqual(job.finish().code, 0)
        there = bytes(job.out).decode().split("\0")
        self.assertIn(f"MINE={secret}", there)
        self.assertIn(f"{token}={self.nap}", there)
        self.assertIn(f"{function}=() {{ {secret}; }}", there)
        self.assertEqual([line for line in there if "PXWRAP_CODED" in line], [])

    def test_the_user_and_the_directory(self):
        """Whomever the user's own options name; and the image's directory, where there is no other."""
        done = self.expect(0, self.asked("id", "-u"), env={"CONTAINER_ARGS": "--user 0:0"})
        self.assertEqual(done.out, b"%d\n" % self.user.pw_uid)
        self.assertEqual(self.expect(0, ["--image", "px-workdir", "pwd"], cwd="/").out, b"/srv/start\n")

    def test_locked_memory(self):
        """As much of it as outside, however little."""
        script = ["sh", "-c", "ulimit -l"]
        outside = self.expect(0, script, preexec_fn=less_locked_memory).out
        self.assertNotEqual(outside, self.expect(0, script).out)
        self.assertEqual(self.expect(0, self.asked(*script), preexec_fn=less_locked_memory).out, outside)

    def test_ended_while_it_starts(self):
        """The first rank ends its job while the others' clients are at work: one that is killed halfway would leave its
        container as it is."""
        for _ in range(6):
            self.expect(7, ["-n", "8", "--oversubscribe", *self.asked("sh", "-c", "exit 7")])
            self.eventually("no container is left", self.is_empty, timeout=3)

    def test_each_has_its_own(self):
        """All at once: the kernel gives the number of one that is gone to the next."""
        script = "readlink /proc/self/ns/mnt; read line; exit 0"
        job = self.start(["-n", "3", "--stdin", "all", *self.asked("sh", "-c", script)],
                         stdin=self.held_input()).wait_for(b"\n", count=3)
        self.assertEqual(len(set(bytes(job.out).splitlines())), 3, job.now())
        self.release_input()
        self.assertEqual(job.finish().code, 0)
