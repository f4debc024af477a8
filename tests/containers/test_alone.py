"""podman on a node that lets no process enter a container: each rank has one of its own, and the user is told."""
import ctypes
import os
import platform
import struct

import pxcontainer

IMAGE = ("--image", "px-busybox")
WORDS = [b"", b"a b", b"*", b"$HOME;`id`", b";", b"new\nline", b"\xff\xfe%41", b"--", b"-x"]
VALUE = b" a\n'\"$(id)\xff;%41*"


def forbid_entering():
    """In the child: setns() of a user and a mount namespace at once is refused, and nothing else."""
    number = {"x86_64": 308, "aarch64": 268}[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (equal, 0, 3, number),
             (load, 0, 0, 24), (equal, 0, 1, 0x10020000),  # the second argument
             (give, 0, 0, 0x00050001),  # EPERM
             (give, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no filter of system calls")


class Alone(pxcontainer.ContainerCase):  # ctest: serial timeout=180
    def start_program(self, argv, *arguments, **options):
        return super().start_program(argv, *arguments, preexec_fn=forbid_entering, **options)

    def test_ranks(self):
        done = self.expect(0, ["-n", "3", *IMAGE, "sh", "-c", "echo $PXLAUNCH_RANK $(id -u) $PWD; readlink /proc/self/ns/mnt"])
        lines = done.out.decode().splitlines()
        self.assertEqual(sorted(line for line in lines if "mnt" not in line),
                         [f"{rank} {self.user.pw_uid} {self.work}" for rank in range(3)])
        self.assertEqual(len({line for line in lines if "mnt" in line}), 3)
        self.assertEqual(done.err, b"pxwrap: note: this node lets no process enter podman's container of 'px-busybox'; "
                                   b"each rank has one of its own\n")

    def test_words(self):
        done = self.expect(0, ["-x", "MINE", *IMAGE, "sh", "-c", 'printf "%s\\0" "$MINE" "$@"', "sh", *WORDS],
                           env={"MINE": os.fsdecode(VALUE)})
        self.assertEqual(done.out.split(b"\0")[:-1], [VALUE, *WORDS])

    def test_ends(self):
        self.expect(7, ["-n", "2", *IMAGE, "sh", "-c", "exit 7"])
        self.expect(139, ["-n", "2", *IMAGE, "sh", "-c", "kill -SEGV $$"])
        done = self.expect(127, [*IMAGE, "nothing"])
        self.assertIn(b"pxwrap: error: cannot execute 'nothing' in the image", done.err)

    def test_killed(self):
        for victim in ("pxlaunch", "pxrec"):
            with self.subTest(victim):
                job = self.start(["-n", "2", *IMAGE, "sh", "-c", f"echo in; exec sleep {self.nap}"]).wait_for(b"in\n", count=2)
                self.eventually(f"{victim} is there", lambda: self.processes(victim))[0].kill()
                self.assertNotEqual(job.finish().code, 0)
                self.eventually("no container is left", lambda: self.containers() == [], timeout=3)
                self.assertEqual(self.sleepers(), [])
        self.may_leave_files = True  # a server that was killed
