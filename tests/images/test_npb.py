"""The image nas with a tarball of NPB from a local path. What cannot be had here has a stand-in, which says so: the way of a
tarball into the image is real, its compilers, its rights and its ranks."""
import hashlib
import io
import os
import subprocess
import tarfile
import tempfile

import pxcontainer
import pxtest

TREE = pxtest.TREE
# As NPB's own: `make KERNEL CLASS=C` leaves bin/KERNEL.C.x, by the compilers and flags of config/make.def.
MAKEFILE = """include config/make.def
ep is cg mg ft bt sp lu:
\tsed 's/KERNEL/$@/; s/CLASS/$(CLASS)/' kernel.f90 >$@.$(CLASS).f90
\t$(MPIFC) $(FFLAGS) $(FLINKFLAGS) -o bin/$@.$(CLASS).x $@.$(CLASS).f90
"""
KERNEL = """program main ! a stand-in for a kernel of NPB
  include 'mpif.h'
  integer :: rank, ranks, error
  call MPI_Init(error)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, error)
  call MPI_Comm_size(MPI_COMM_WORLD, ranks, error)
  if (rank == 0) print '(a, i0, a)', 'stand-in for KERNEL of NPB, class CLASS, on ', ranks, ' processes'
  call MPI_Finalize(error)
end program
"""


def tarball():
    """Of the stand-in, as bytes."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in {"config/README": "", "bin/README": "", "Makefile": MAKEFILE, "kernel.f90": KERNEL}.items():
            entry = tarfile.TarInfo(f"NPB3.4.0/NPB3.4-MPI/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


# Of the engine only the build of nas itself: what that is made from is there.
ENGINE = """#!/bin/sh
case "$*" in *apps/images/nas/Containerfile*) exec podman "$@" ;; esac
"""


class Npb(pxcontainer.ContainerCase):  # ctest: serial timeout=300
    def setUp(self):
        super().setUp()
        made = subprocess.run([TREE / "tests/images/base"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        self.settings = dict(line.split("=", 1) for line in made)
        (self.work / "engine").write_text(ENGINE)
        (self.work / "engine").chmod(0o755)
        self.addCleanup(self.podman, "image", "prune", "--force")  # the compilers that were installed for it
        for name in ("builder", "mpi"):
            self.podman("tag", name, f"localhost/npb-{name}")
            self.addCleanup(self.podman, "untag", name, f"localhost/npb-{name}")

    def build(self):
        """How the image is built from a tarball in this tree, as make-images is told."""
        data = tarball()
        with tempfile.NamedTemporaryFile(dir=TREE / "apps/images/nas", prefix="npb-", suffix=".tar.gz") as file:
            file.write(data)
            file.flush()
            os.chmod(file.name, 0o644)
            given = {"NPB_FILE": os.path.relpath(file.name, TREE), "NPB_SHA256": hashlib.sha256(data).hexdigest()}
            options = [self.settings["IMAGE_BUILD_OPTIONS"], *(f"--build-arg {name}={value}" for name, value in given.items())]
            return self.start_program([str(TREE / "cmake/make-images"), "build", "nas"], env={
                "TMPDIR": self.settings["TMPDIR"], "IMAGE_TAG": "stand-in", "IMAGE_ENGINE": f"{self.work}/engine", "IMAGE_PREFIX": "npb-",
                "IMAGE_BUILD_OPTIONS": " ".join(options)}).finish(270)

    def test_from_a_local_path(self):
        done = self.build()
        self.assertEqual(done.code, 0, done)
        self.addCleanup(self.podman, "rmi", *(f"localhost/npb-nas:{tag}" for tag in ("latest", "stand-in")))
        for program, words in (("ft.B.x", b"ft of NPB, class B"), ("ep.S.x", b"ep of NPB, class S")):
            out = self.expect(0, ["-n", "2", "--oversubscribe", "--image", "npb-nas", program]).out
            self.assertEqual(out, b"stand-in for %b, on 2 processes\n" % words)
