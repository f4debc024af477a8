"""Many launches: each line and each code is right, every time."""
import concurrent.futures

import pxtest

COUNT = 100 if pxtest.SANITIZER else 1000


class Short(pxtest.Case):  # ctest: serial timeout=240
    def one(self, number):
        code = number % 5
        done = self.launch(["sh", "-c", f"echo line {number}; exit {code}"])
        wanted = (code, b"line %d\n" % number)
        return [] if (done.code, done.out) == wanted else [f"{number}: {done}"]

    def test_codes_and_lines(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [text for found in pool.map(self.one, range(COUNT)) for text in found]
        self.assertEqual(wrong[:3], [], f"{len(wrong)} of {COUNT} are wrong")


class Failing(pxtest.Case):  # ctest: timeout=120
    def test_ranks_that_all_fail_at_once(self):
        for _ in range(COUNT // 20):
            self.expect(3, ["-n", "4", "--oversubscribe", "sh", "-c", "exit 3"])


class Make(pxtest.Case):
    """make -j8 of rules that launch."""

    RULES = "all: " + " ".join(f"t{i}" for i in range(8)) + \
        "\nt%:\n\t@pxlaunch -n 1 sh -c 'echo made $@'\n"

    def make(self):
        (self.home / "Makefile").write_text(self.RULES)
        done = self.start_program(["make", "-j8"]).finish(60)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(sorted(done.out.splitlines()),
                         [b"made t%d" % number for number in range(8)])

    def test_each_with_a_server_of_its_own(self):
        self.make()

    def test_on_one_server(self):
        self.assertEqual(self.rec(["up"]).code, 0)
        self.make()
        self.assertEqual(self.rec(["down"]).code, 0)

    def test_a_rule_that_fails_stops_make(self):
        (self.home / "Makefile").write_text("all:\n\tpxlaunch -n 2 sh -c 'exit 3'\n")
        self.assertEqual(self.start_program(["make", "-j8"]).finish().code, 2)


class Nested(pxtest.Case):
    def test_pxlaunch_inside_a_rank(self):
        done = self.expect(0, ["-n", "2", "--oversubscribe", "pxlaunch", "-n", "2",
                               "--oversubscribe", "sh", "-c",
                               "echo $PXLAUNCH_RANK of $PXLAUNCH_SIZE"])
        self.assertEqual(sorted(done.out.splitlines()), [b"0 of 2"] * 2 + [b"1 of 2"] * 2)

    def test_its_code_comes_out(self):
        self.expect(9, ["pxlaunch", "--oversubscribe", "sh", "-c", "exit 9"])

    def test_killed_from_outside(self):
        running = self.start(["pxlaunch", "--oversubscribe", "end_with", "0", "600"])
        running.wait_for(b"ends with")
        self.assertEqual(running.signal(15).finish().code, 143)
