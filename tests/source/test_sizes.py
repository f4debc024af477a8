"""No file and no function grows beyond what one can read at once."""
import re
import unittest

import sources

LIMITS = {".cpp": 400, ".h": 150, ".c": 100, "shell": 80}
FUNCTION = 60
NO_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b|=\s*$")


def functions(source):
    """(first line, lines, name) of every function body that is not inside another one."""
    source = sources.without_comments_and_strings(source)
    found, inside, head, line = [], [], "", 1
    for character in source:
        if character == "{":
            known = any(kind == "function" for kind, *_ in inside)
            is_function = not known and "(" in head and not NO_FUNCTION.search(head.split("(")[0])
            kind = "function" if is_function else "scope"
            first = line - head.lstrip().count("\n")
            inside.append((kind, first, head.split("(")[0].split()[-1:]))
            head = ""
        elif character == "}":
            kind, first, name = inside.pop() if inside else ("scope", line, [])
            if kind == "function":
                found.append((first, line - first + 1, "".join(name)))
            head = ""
        elif character == ";":
            head = ""
        elif character != "\n" or head:
            head += character
        line += character == "\n"
    return found


def problems(path, text):
    kind = path.suffix
    if not kind and text.startswith("#!/bin/bash"):
        kind = "shell"
    lines = text.count("\n")
    found = []
    if lines > LIMITS.get(kind, lines):
        found.append(f"{path}: {lines} lines, more than {LIMITS[kind]}")
    if path.suffix in sources.CODE:
        found += [f"{path}:{first}: {name} has {count} lines, more than {FUNCTION}"
                  for first, count, name in functions(text)
                  if count > FUNCTION and name != "TEST_CASE"]  # those are tables
    return found


class Sizes(unittest.TestCase):
    def test_the_tree(self):
        found = [text for path in sources.files() for text in problems(path, sources.text(path))]
        self.assertEqual(found, [], "\n".join(["", *found]))

    def test_a_long_function_is_found(self):
        for head in ("int f(int a) {", "Result<void> Job::run(\n    int a) const {",
                     "struct S {\nvoid inline_one() {", "namespace a {\nS::S() : a_(1), b_{2} {"):
            body = head + "\n    if (x) {\n" + "        a('}');\n" * 60 + "    }\n}\n"
            self.assertEqual(len(problems(sources.pathlib.Path("x.cpp"), body)), 1, head)

    def test_a_long_table_is_no_function(self):
        body = "const Row rows[] = {\n" + '    {"a", f(1)},\n' * 80 + "};\n"
        self.assertEqual(problems(sources.pathlib.Path("x.cpp"), body), [])

    def test_a_long_file_is_found(self):
        for name, most in (("x.cpp", 400), ("x.h", 150), ("x.c", 100)):
            path = sources.pathlib.Path(name)
            self.assertEqual(problems(path, "int a;\n" * most), [])
            self.assertEqual(len(problems(path, "int a;\n" * (most + 1))), 1)

    def test_a_long_script_is_found(self):
        path = sources.pathlib.Path("script")
        self.assertEqual(len(problems(path, "#!/bin/bash\n" + "true\n" * 80)), 1)
