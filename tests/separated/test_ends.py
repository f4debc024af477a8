"""Whoever is killed: the right status, and nothing left on any node."""
import nodescase


class Ends(nodescase.Ends, nodescase.NodesCase):  # ctest: serial timeout=180
    pass


class Daemons(nodescase.NodesCase):  # ctest: serial timeout=120
    """Each test has a DVM of its own."""

    DVM = False

    def setUp(self):
        self.start_dvm()
        super().setUp()
        self.may_leave_files = True

    def kill_daemons(self, node):
        running = self.sleepers()
        for process in self.nodes_pids(node):
            if process.name in ("prte", "prted"):
                process.kill()
        self.check_killed(running, 125, b"pxlaunch: error: ")

    def test_one_is_killed(self):
        self.kill_daemons("n2")

    def test_the_head_is_killed(self):
        self.kill_daemons("n1")
