"""Arguments and environment arrive byte for byte."""
import pxtest

TORTURE = [b"", b" ", b"new\nline", b"'", b'"', b"\\", b"$HOME `id` $(id)", b"*", b"\xff\xfe\x80",
           b"a" * 10_000, "größe".encode(), b"-n", b"--np=3", b"%s%n", b"\t\r\x01\x7f", b"a=b",
           b"~", b"--", b"{}", b"\xc3"]


class Arguments(pxtest.Case):
    def argv(self, arguments):
        return pxtest.ranks(self.expect(0, arguments).out)[0]["argv"]

    def test_every_byte_arrives(self):
        self.assertEqual(self.argv([b"show_rank", *TORTURE])[1:], TORTURE)

    def test_each_rank_has_them(self):
        done = self.expect(0, [b"-n", b"3", b"--oversubscribe", b"show_rank", *TORTURE])
        for rank in range(3):
            self.assertEqual(pxtest.ranks(done.out)[rank]["argv"][1:], TORTURE)

    def test_the_name_is_as_spelled(self):
        self.assertEqual(self.argv(["show_rank"])[0], b"show_rank")

    def test_options_of_the_command_are_its_own(self):
        self.assertEqual(self.argv(["show_rank", "-n", "4", "--tag"])[1:], [b"-n", b"4", b"--tag"])

    def test_a_colon_after_a_double_dash(self):
        self.assertEqual(self.argv(["--", "show_rank", ":", "x"])[1:], [b":", b"x"])

    def test_a_thousand_arguments(self):
        many = [b"%d" % number for number in range(1000)]
        self.assertEqual(self.argv([b"show_rank", *many])[1:], many)

    def test_a_hundred_kilobytes(self):
        long = b"x" * 100_000
        self.assertEqual(self.argv([b"show_rank", long])[1:], [long])


class Environment(pxtest.Case):
    def seen(self, arguments, env=None):
        return pxtest.ranks(self.expect(0, [*arguments, "show_rank"], env=env).out)[0]["env"]

    def test_every_byte_arrives(self):
        values = {f"TORTURE_{i}": value for i, value in enumerate(TORTURE)}
        seen = self.seen([], env=values)
        self.assertEqual({name: seen.get(name) for name in values}, values)

    def test_by_option(self):
        options = [word for i, value in enumerate(TORTURE)
                   for word in (b"-x", b"TORTURE_%d=" % i + value)]
        seen = self.seen(options)
        for i, value in enumerate(TORTURE):
            self.assertEqual(seen.get(f"TORTURE_{i}"), value)

    def test_a_hundred_kilobytes(self):
        self.assertEqual(self.seen([], env={"LONG": "y" * 100_000})["LONG"], b"y" * 100_000)
