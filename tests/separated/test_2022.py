"""The commands of the demonstration at CANOPIE-HPC 2022: with pxwrap in the place of its script, and PRRTE's own launchers."""
import nodescase
from nodescase import RIGHT_SIZE

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
# With the user that the REC of 2022 had, whom this one has not.
ARGUMENTS = "--user 998:995 --env BY=args"


class Spelling2022(nodescase.NodesCase):  # ctest: serial timeout=180
    def setUp(self):
        super().setUp()
        (self.home / "hosts").write_text("n1 slots=2\nn2 slots=2\nn3 slots=2\n")
        self.env.update(MPI_IMAGE="k8s-mpi", CONTAINER_ARGS=ARGUMENTS,
                        PRTE_MCA_prte_default_hostfile=f"{self.node_home}/hosts")
        # prun finds its DVM by these.
        self.uris = dict.fromkeys(("PMIX_SERVER_URI", "PMIX_SERVER_URI41"), self.uri)

    def right(self, *argv, **options):
        done = self.start_program(argv, **options).finish(60)
        self.assertEqual(done.code, 0, done)
        return done.out

    def test_prterun(self):
        for image in ("k8s-mpi", "k8s-mpi4"):
            with self.subTest(image):
                out = self.right("prterun", "--map-by", "ppr:2:node", "-x", "MPI_IMAGE", "pxwrap", "init_finalize",
                                 env={"MPI_IMAGE": image})
                self.assertTrue(out.startswith(RIGHT_SIZE), out)
        out = self.right("prterun", "--map-by", "ppr:2:node", "-x", "MPI_IMAGE", "-x", "CONTAINER_ARGS", "pxwrap", "sh", "-c",
                         "echo $BY $(id -u) $(hostname)")
        self.assertEqual(sorted(out.splitlines()), [b"args 1000 n%d" % node for node in (1, 1, 2, 2, 3, 3)])

    def test_how_it_ends(self):
        done = self.start_program(["prterun", "-n", "1", "-x", "MPI_IMAGE", "pxwrap", "sh", "-c", "exit 7"]).finish(60)
        self.assertEqual(done.code, 7, done)

    def test_prun_in_the_container(self):
        """The user injects it; it speaks to the DVM outside, whose daemons start the ranks in containers of their own.
        One job: PRRTE 3.0.8 has no free slots for a second prun, nor without containers."""
        injected = [f"-v {path}:{path}" for path in ("/usr/bin/prun", f"{LIBRARIES}/libprrte.so.3", "/usr/share/prte")]
        prun = ["pxwrap", "prun", "--personality", "ompi", "--map-by", "ppr:2:node", "-x", "MPI_IMAGE"]
        env = {**self.uris, "CONTAINER_ARGS": " ".join([ARGUMENTS, *injected])}
        out = self.right(*prun, "pxwrap", "init_finalize", env=env)
        self.assertTrue(out.startswith(RIGHT_SIZE), out)
