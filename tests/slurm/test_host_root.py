"""A script in a container that has nothing of Slurm's, but the host's root bound somewhere: --rec srun:ROOT runs the
host's srun from there."""
import signal

import pxslurm

# What an engine without root does: the other root becomes /, and the host's is below it.
PLACE = """#!/bin/sh
set -e
mount --rbind /away /mnt
mount --rbind / /mnt/mnt
cd /mnt
pivot_root . opt
cd /
umount -l /opt
cd "$HOME"
exec "$@"
"""
ALONE = "unshare --user --map-current-user --keep-caps --mount"
ROOT_ALONE = "unshare --user --map-root-user --mount"  # as engines do that make the user root
SLEEP = "#!/bin/sh\npxlaunch -N 1 sh -c 'echo asleep; exec sleep 600'\necho status $?\n"


class Container(pxslurm.SlurmCase):  # ctest: serial timeout=240
    AWAY = True

    def setUp(self):
        super().setUp()
        self.may_leave_files = True  # a server is there for two seconds more
        self.file("place.sh", PLACE)
        self.file("same.sh", "#!/bin/bash\npxlaunch -N 2 init_finalize\n")

    def file(self, name, text):
        (self.home / name).write_text(text)
        (self.home / name).chmod(0o755)

    def submit(self, command, rec="srun:/mnt", enter=ALONE, env=None):
        settings = {"HOME": self.node_home, "PXLAUNCH_REC": rec, **(env or {})}
        return self.sbatch(["-N3", "-n6"], f"{enter} ./place.sh {command}\n", env=settings)

    def run_there(self, command, **more):
        return self.submit(command, **more).finish(60)

    def check_same(self, **more):
        done = self.run_there("./same.sh", **more)
        self.assertEqual((done.code, done.err), (0, b""), done)
        self.assertIn(b"6 processes, up to 2 per node, 3 nodes\n", done.out)

    def test_six_ranks_on_three_nodes(self):
        self.assertEqual(self.run_there("sh -c '! test -e /usr/bin/srun && test -e /mnt/usr/bin/srun'").code, 0)
        self.check_same()

    def test_as_root_of_the_container(self):
        """Slurm and munge know the user all the same."""
        self.check_same(enter=ROOT_ALONE)

    def test_what_the_loader_is_told_there(self):
        """The container's libraries are none for the host's srun, which this file would stop."""
        (self.home / "libslurmfull.so").touch()
        done = self.run_there(f"env LD_LIBRARY_PATH={self.node_home} ./same.sh")
        self.assertEqual((done.code, done.err), (0, b""), done)

    def test_in_pxrec_run(self):
        done = self.run_there("pxrec run --rec srun:/mnt -- sh -c 'pxlaunch -N 1 hostname | sort'", rec="")
        self.assertEqual((done.code, done.out), (0, b"n1\nn2\nn3\n"), done)

    def test_the_status_of_a_rank(self):
        done = self.run_there("pxlaunch -n 3 --map-by node sh -c 'exit $((5 * (PXLAUNCH_RANK == 2)))'")
        self.assertEqual(done.code, 5, done)
        self.assertIn(b"rank 2 on n3 exited with status 5", done.err)

    def test_pxlaunch_is_killed(self):
        self.file("sleep.sh", SLEEP)
        batch = self.submit("./sleep.sh").wait_for(b"asleep", count=3)
        self.one_process("pxlaunch").kill(signal.SIGKILL)
        self.assertIn(b"status 137", batch.finish(30).out)
        self.eventually("no rank is left", lambda: not self.processes("sleep"))
        self.eventually("no srun is left", lambda: not self.processes("srun"))

    def test_the_server_is_killed(self):
        self.file("sleep.sh", SLEEP)
        batch = self.submit("./sleep.sh").wait_for(b"asleep", count=3)
        for process in self.processes("pxrec"):
            process.kill(signal.SIGKILL)
        self.assertIn(b"status 125", batch.finish(30).out)

    def test_nothing_of_it_is_silent(self):
        done = self.run_there("./same.sh", rec="")
        self.assertEqual(done.code, 125, done)
        self.assertIn(b"this place has no way to reach them", done.err)

    def refused(self, rec, *words, **more):
        done = self.run_there("./same.sh", rec=rec, **more)
        self.assertEqual(done.code, 125, done)
        for word in words:
            self.assertIn(word.encode(), done.err)

    def test_refusals(self):
        self.refused("srun:/nowhere", "there is no directory '/nowhere' here", "--bind /:/nowhere")
        self.refused("srun:/tmp", "'/tmp' has no /proc", "all mounts below it")
        self.refused("srun:/mnt", "the host has no program '/no/pxwrap'", "--pxwrap PATH",
                     env={"PXLAUNCH_PXWRAP": "/no/pxwrap"})

    def test_no_user_namespaces(self):
        """In a chroot the kernel allows none."""
        self.file("place.sh", "#!/bin/sh\nmount --rbind / /away/mnt && exec chroot /away env -C $HOME \"$@\"\n")
        self.refused("srun:/mnt", "this place allows no user namespaces (operation not permitted)", "pxrec run --")
