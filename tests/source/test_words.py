"""What never stands in the tree: paths of one machine, the name of an archive, work that is left."""
import re
import shutil
import subprocess
import unittest

import sources

SELF = "tests/source/test_words.py"
FORBIDDEN = [
    (r"(?<![\w./$}*-])/(work|home/(?!u/|user/)\w+|root|Users)/", "an absolute path of one machine"),
    (r"https?://(deb|ftp|snapshot|archive|security)\.\w*\.?(debian|ubuntu)\.(org|com)",
     "the name of a package archive"),
    (r"\b(TODO|FIXME|XXX|HACK)\b", "work that is left belongs into an issue"),
    (r"[ \t]+$", "blanks at the end of a line"),
]


def problems(path, text):
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        found += [f"{path}:{number}: {why}: {line.strip()[:80]}"
                  for pattern, why in FORBIDDEN if re.search(pattern, line)]
    return found


def opening(path, text):
    """A source file says first what it is; a unit test is named for the file it tests."""
    if path.parts[:2] == ("tests", "unit"):
        return []
    if path.suffix in (".cpp", ".c") and not text.startswith(f"// {path.name} - "):
        return [f"{path}: the first line is not '// {path.name} - PURPOSE'"]
    if path.suffix == ".h" and not re.match(r"#pragma once\n// \S|// .*\n#pragma once", text):
        return [f"{path}: does not open with '#pragma once' and a sentence"]
    return []


class Words(unittest.TestCase):
    def test_the_tree(self):
        found = [text for path in sources.files() if path.as_posix() != SELF
                 for text in problems(path, sources.text(path))]
        self.assertEqual(found, [], "\n".join(["", *found]))

    def test_openings(self):
        found = [text for path in sources.code() for text in opening(path, sources.text(path))]
        self.assertEqual(found, [], "\n".join(["", *found]))

    def test_bad_samples_are_found(self):
        path = sources.pathlib.Path("x.cpp")
        for line in ("open(/root/x)", "see /home/joe/x", "http://ftp" + ".ubuntu.com/x", "// TODO: x",
                     "int a; "):
            self.assertEqual(len(problems(path, line)), 1, line)
        self.assertEqual(len(opening(path, "// y.cpp - x\n")), 1)
        self.assertEqual(len(opening(sources.pathlib.Path("x.h"), "int a;\n")), 1)

    def test_good_samples_pass(self):
        path = sources.pathlib.Path("x.cpp")
        for line in ("$tree/root/x", "a/root/b", "~/.config", "https://www.debian.org"):
            self.assertEqual(problems(path, line), [], line)


class Scripts(unittest.TestCase):
    """Every script of ours is clean for shellcheck and fails when a part of it fails."""

    def test_shellcheck(self):
        shellcheck = shutil.which("shellcheck")
        if shellcheck is None:
            self.skipTest("shellcheck is not installed")
        scripts = [path for path in sources.files()
                   if sources.text(path).startswith(("#!/bin/bash", "#!/bin/sh"))]
        self.assertGreater(len(scripts), 3)
        done = subprocess.run([shellcheck, *scripts], cwd=sources.TREE, check=False,
                              stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        for path in scripts:
            self.assertIn("set -euo pipefail", sources.text(path), path)
