"""Four clients: pxlaunch of Debian 12 and of Debian 13, with its shared libraries in that Debian's root, and static in
a root directory that holds nothing else. `tests/run matrix` builds them, below PX_LAB_BUILD's parent.
"""
import os
import pathlib

import pxlab
import pxtest

SUITES = {"4.2.2": "bookworm", "5.0.7": "trixie"}  # by the version of OpenPMIx
IN, ALONE = pxtest.TREE / "tests/lab/in", pxtest.TREE / "tests/lab/alone"
PATH = "/usr/bin:/bin"
SHIM = "/build/release/bin/pxwrap"  # on the nodes of a lab, which see pxlab.BUILD


def build(pmix):
    return pxlab.BUILD.parent / SUITES[pmix]


def root(pmix):
    return pxlab.root(SUITES[pmix])


def entries(env):
    return [f"{name}={value}" for name, value in env.items()]


def in_root(pmix, env, *command):
    """argv of a command as uid 1000 in that root."""
    return [str(IN), root(pmix), str(build(pmix)), "setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups",
            "env", "-i", *entries({"PATH": PATH, **env}), *command]


def alone(pmix, env, *words, home="", preset="release"):
    """argv of a static pxlaunch, in a root directory with nothing but it and `home`."""
    program = build(pmix) / preset / "bin/pxlaunch"
    return [str(ALONE), str(program), str(home), *entries({"PATH": PATH, **env}), "--", *words]


class ClientCase(pxtest.Case):
    """One test with clients that share a /home with their server, and enter its network first."""

    def start_client(self, linked, pmix, env, *words, home, network=(), stdin=None):
        if not (build(pmix) / "shared/bin/pxlaunch").exists():
            self.skipTest(f"the clients are not built: {build(pmix)}")
        env = {**env, "PXTEST_ID": self.tag[10:]}
        argv = (alone(pmix, env, *words, home=home) if linked == "static"
                else in_root(pmix, env, "/build/shared/bin/pxlaunch", *words))
        return pxtest.Case.start_program(self, [*network, *argv], stdin, cwd="/",
                                         env={**os.environ, "IN_HOME": str(home)})


def own_home(case):
    """A /home for a server and its clients, with uid 1000's directory in it."""
    home = pathlib.Path(case.home) / "shared"
    (home / "user/run").mkdir(parents=True)
    for path in (home / "user", home / "user/run"):
        os.chown(path, 1000, 1000)
        path.chmod(0o700)
    case.home.chmod(0o755)
    return home
