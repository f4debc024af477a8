"""Plain PMIx clients against the embedded server."""
import pxtest


class Clients(pxtest.Case):
    def test_hello(self):
        done = self.expect(0, ["-n", "4", "--oversubscribe", "pmix_hello"])
        wanted = [b"rank %d of 4, 4 local, 4 peers, rank %d says %d"
                  % (rank, (rank + 1) % 4, 100 + (rank + 1) % 4) for rank in range(4)]
        self.assertEqual(sorted(done.out.splitlines()), wanted)

    def test_hello_of_two_applications(self):
        done = self.expect(0, ["pmix_hello", ":", "-n", "2", "pmix_hello"])
        self.assertEqual(done.out.count(b" of 3, 3 local"), 3)

    def test_publish_and_look_up(self):
        done = self.expect(0, ["-n", "3", "--oversubscribe", "pmix_publish"])
        self.assertEqual(sorted(done.out.splitlines()),
                         [b"rank %d found 'hello from rank 0' of rank 0" % r for r in (1, 2)])

    def test_spawn_and_connect(self):
        done = self.expect(0, ["--oversubscribe", "pmix_spawn", "2"])
        self.assertEqual(sorted(done.out.splitlines()),
                         [b"child 0", b"child 1", b"parent met its children"])

    def test_query(self):
        done = self.expect(0, ["-n", "2", "pmix_query"])
        self.assertEqual(done.out.count(b"namespaces "), 2)
        self.assertEqual(done.out.count(b"process 0 on "), 2)
        self.assertEqual(done.out.count(b"process 1 on "), 2)

    def test_a_rank_that_dies_in_a_fence(self):
        script = "[ $PXLAUNCH_RANK = 1 ] && exit 5; exec pmix_hello"
        self.expect(5, ["-n", "2", "sh", "-c", script])

    def test_spawn_of_a_missing_program_leaves_the_server_alive(self):
        self.assertEqual(self.rec(["up"]).code, 0)
        self.expect(127, ["no-such-program"])
        self.expect(0, ["-n", "2", "--oversubscribe", "pmix_hello"])
        self.assertEqual(self.rec(["down"]).code, 0)
