"""podman on a node that lets no process enter a container: each rank has one of its own, and the user is told."""
import ctypes
import platform
import struct

import claims
import pxcontainer


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


class Alone(claims.Claims, pxcontainer.ContainerCase):  # ctest: serial timeout=180
    note = (b"pxwrap: note: this node lets no process enter podman's container of 'px-busybox'; "
            b"each rank has one of its own\n")
    by_signal = b"exited with status 139"  # podman's client, that is
    not_found = (127, b"pxwrap: error: cannot execute 'nothing' in the image")

    def start_program(self, argv, *arguments, **options):
        return super().start_program(argv, *arguments, preexec_fn=forbid_entering, **options)

    def asked(self, *command):
        return ["--image", "px-busybox", *command]

    def is_empty(self):
        return self.containers() == []

    def test_each_has_its_own(self):
        done = self.expect(0, ["-n", "3", *self.asked("readlink", "/proc/self/ns/mnt")])
        self.assertEqual(len(set(done.out.splitlines())), 3, done)
