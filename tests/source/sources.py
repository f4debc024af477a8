"""The files of the tree, as the source tests see them."""
import pathlib
import re

TREE = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {".git", "build", "install", "__pycache__"}
CODE = {".cpp", ".h", ".c"}


def files(top=TREE):
    """Every text file of the tree that is ours, as paths relative to `top`."""
    found = []
    for path in sorted(top.rglob("*")):
        relative = path.relative_to(top)
        if path.is_file() and not NOT_OURS & set(relative.parts):
            found.append(relative)
    return found


def code(top=TREE):
    return [path for path in files(top) if path.suffix in CODE]


def text(path, top=TREE):
    return (top / path).read_text(encoding="utf-8", errors="replace")


BLANKED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def without_comments_and_strings(source):
    """The same lines, with comments and literals replaced by blanks."""
    source = re.sub(r"(?<=\d)'(?=\d)", "_", source)  # 1'000 is no character
    return BLANKED.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), source)
