"""What the recipes of all images keep to, as they are written; tests/images looks at what they make."""
import re
import unittest

import sources

PUBLIC = "docker.io/library/debian:trixie-slim"  # and nothing else comes from a registry
BUILDER = "rec/images/builder/Containerfile"     # the one with compilers
COMPILERS = re.compile(r"^(gcc|g\+\+|gfortran|cpp|clang|build-essential|binutils|make|cmake|ninja-build|ccache|git|gdb|.+-dev)(-\d+)?$")
WAYS_TO_ROOT = re.compile(r"^(sudo|doas|pkexec|su|chpasswd|passwd)$")


def instructions(text):
    """[(word, the rest of its line)], continued lines in one, without comments."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [tuple(line.split(None, 1)) for line in re.sub(r"\\\n", " ", lines).splitlines() if line.strip()]


def stages(steps):
    """Before the first FROM, and from each on."""
    found = [[]]
    for word, rest in steps:
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def said(steps, instruction):
    return [rest for word, rest in steps if word == instruction]


def problems(name, text, names):
    """What is wrong with the recipe of that path; `names` are those of all images."""
    head, *built = stages(instructions(text))
    arguments = dict(rest.partition("=")[::2] for rest in said(head, "ARG"))
    last = built[-1] if built else [("FROM", "")]
    base = arguments.get("BASE", "")
    users, runs = said(last, "USER"), said(last, "RUN")
    installed = [word for run in runs for command in re.findall(r"apt-get[^&;]* install ([^&;]*)", run) for word in command.split()]
    words = [word for run in runs for word in re.split(r"[\s&;|]+", run)]
    allowed = {f"localhost/{each}" for each in names}
    return [wrong for wrong, so in [
        ("has no ARG BASE with a default before its first FROM", not base),
        (f"its BASE is {base}", base not in allowed and not (base == PUBLIC and name == "rec/images/pmix-base/Containerfile")),
        ("its BUILDER is not the image builder", arguments.get("BUILDER", "localhost/builder") != "localhost/builder"),
        ("is not from its BASE", said(last, "FROM") != ["${BASE}"]),
        ("has a stage from elsewhere", any(said(stage, "FROM") != ["${BUILDER} AS builder"] for stage in built[:-1])),
        ("copies from elsewhere", any(where != "builder" for rest in said(last, "COPY") for where in re.findall("--from=(\\S+)", rest))),
        ("fetches something", bool(said(last, "ADD")) or any(word in ("curl", "wget", "git") for word in words)),
        ("a user has a name, or is root at the end", not all(re.fullmatch(r"\d+:\d+", user) for user in users)
         or (users and users[-1] != "1000:1000")),
        ("has compilers", name != BUILDER and any(COMPILERS.match(word) for word in installed)),
        ("has a way to root", any(WAYS_TO_ROOT.match(word) for word in [*installed, *words])),
        ("has a password or a key", bool(re.search(r"(?i)ssh-keygen|--password (?!'\*')|passw(or)?d=|BEGIN .*KEY", text))),
        ("does not describe itself", not any(rest.startswith("org.opencontainers.image.description=") for rest in said(last, "LABEL"))),
    ] if so]


class Containerfiles(unittest.TestCase):
    def recipes(self):
        return [path for path in sources.files() if path.name == "Containerfile"]

    def test_the_tree(self):
        names = {path.parent.name for path in self.recipes()}
        self.assertEqual(names, {"builder", "pmix-base", "runtime", "runtime-with-podman", "mpi", "nas", "gromacs"})
        found = [f"{path} {wrong}" for path in self.recipes() for wrong in problems(path.as_posix(), sources.text(path), names)]
        self.assertEqual(found, [], "\n".join(["", *found]))

    def test_who_makes_the_user(self):
        """Nobody is root, though not all recipes say so: the lowest makes the user, and no other one another."""
        for path in self.recipes():
            steps = instructions(sources.text(path))
            self.assertEqual(any("useradd" in rest for rest in said(steps, "RUN")), path.parent.name == "pmix-base", path)
            self.assertTrue(path.parent.name != "pmix-base" or said(steps, "USER") == ["1000:1000"], path)

    def test_bad_samples_are_found(self):
        good = "ARG BASE=localhost/mpi\nARG BUILDER=localhost/builder\nFROM ${BUILDER} AS builder\nUSER 0:0\nRUN make\nFROM ${BASE}\n" \
               "LABEL org.opencontainers.image.description=\"x\"\nUSER 0:0\nCOPY --from=builder /apps/ep /usr/local/bin/\n" \
               "RUN apt-get -qq update && \\\n    apt-get -qq install --yes \\\n        libx && ldconfig\nUSER 1000:1000\n"
        self.assertEqual(problems("x", good, {"mpi"}), [])
        for old, new, wrong in [
                ("BASE=localhost/mpi", "BASE", "has no ARG BASE with a default before its first FROM"),
                ("BASE=localhost/mpi", "BASE=quay.io/x/y", "its BASE is quay.io/x/y"),
                ("BASE=localhost/mpi", f"BASE={PUBLIC}", f"its BASE is {PUBLIC}"),
                ("BUILDER=localhost/builder", "BUILDER=docker.io/library/gcc", "its BUILDER is not the image builder"),
                ("FROM ${BASE}", "FROM localhost/mpi", "is not from its BASE"),
                ("FROM ${BUILDER} AS builder", "FROM docker.io/library/gcc AS builder", "has a stage from elsewhere"),
                ("--from=builder", "--from=quay.io/x", "copies from elsewhere"),
                ("COPY --from=builder /apps/ep", "ADD https://example.org/x", "fetches something"),
                ("USER 1000:1000", "USER user", "a user has a name, or is root at the end"),
                ("\nUSER 1000:1000", "", "a user has a name, or is root at the end"),
                ("libx", "libx gfortran", "has compilers"), ("libx", "libx-dev", "has compilers"), ("libx", "g++-14", "has compilers"),
                ("libx", "sudo", "has a way to root"), ("ldconfig", "echo root:x | chpasswd", "has a way to root"),
                ("ldconfig", "useradd --password x y", "has a password or a key"),
                ("ldconfig", "ssh-keygen -A", "has a password or a key"), ("LABEL ", "#", "does not describe itself")]:
            with self.subTest(new):
                self.assertIn(old, good)
                self.assertIn(wrong, problems("x", good.replace(old, new), {"mpi"}))
