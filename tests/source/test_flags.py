"""Every flag that a container engine is given has its reason on the line above."""
import re
import unittest

import sources

FLAG = re.compile(r'"(--?[a-zA-Z][\w-]*)["=]|"--"')


def statement_of(lines, at):
    """Where the statement begins that is in this line."""
    while at > 0 and not re.search(r"([;{}]|//.*)$", lines[at - 1]):
        at -= 1
    return at


def problems(path, text):
    lines = [line.rstrip() for line in text.splitlines()]
    found = []
    for at, line in enumerate(lines):
        if not FLAG.search(line) or line.lstrip().startswith("//"):
            continue
        start = statement_of(lines, at)
        if start == 0 or not lines[start - 1].lstrip().startswith("//"):
            found.append(f"{path}:{at + 1}: no reason above: {line.strip()}")
    return found


class Flags(unittest.TestCase):
    def test_the_engines(self):
        paths = [path for path in sources.code() if path.parts[:2] == ("wrapper", "engines") and path.suffix == ".cpp"]
        self.assertGreaterEqual(len(paths), 3)
        found = [text for path in paths for text in problems(path, sources.text(path))]
        self.assertEqual(found, [], "\n".join(["", *found]))

    def test_bad_samples_are_found(self):
        for text in ('f();\nadd(argv, {"--rm"});', '// Why.\nadd(a);\nadd(argv, {x + "--env=" + y});',
                     '// Why.\nadd(argv, {"--rm"});\nif (x)\n    add(argv, {"-c"});', 'if (x) {\n    add(argv, {"--"});'):
            self.assertEqual(len(problems("x.cpp", text)), 1, text)

    def test_good_samples_pass(self):
        for text in ('// Why.\nadd(argv, {"--rm"});', '// Why.\nfor (x)\n    add(argv,\n        {"--env"});',
                     '// As --rm.\nf("a-b", " - ");'):
            self.assertEqual(problems("x.cpp", text), [], text)


if __name__ == "__main__":
    unittest.main()
