"""Dependencies point one way: an include that goes up is an error, and so is a guest away from home."""
import re
import unittest

import sources

# What the files of a folder may include besides their own folder and pxlaunch/base.
MAY_INCLUDE = {
    "pxlaunch/base": [],
    "pxlaunch/job": [],
    "pxlaunch/pmix": [],
    "pxlaunch/process": ["pxlaunch/job"],
    "pxlaunch/channel": ["pxlaunch/job"],
    "wrapper/engines": [],
    "wrapper/container": ["wrapper/engines", "pxlaunch/process"],
    "wrapper": ["wrapper/container", "wrapper/engines", "pxlaunch/process", "pxlaunch/channel", "pxlaunch/job"],
    "pxlaunch/discover": ["pxlaunch/pmix", "pxlaunch/job"],
    "pxlaunch/tool": ["pxlaunch/pmix", "pxlaunch/job"],
    "pxlaunch/shims": ["pxlaunch/tool", "pxlaunch/channel", "pxlaunch/job"],
    "pxlaunch/drive": ["pxlaunch/tool", "pxlaunch/job"],
    "pxlaunch/cli": ["pxlaunch/drive", "pxlaunch/discover", "pxlaunch/job"],
    "pxlaunch/joblist": ["pxlaunch/cli", "pxlaunch/drive", "pxlaunch/job"],
    "pxlaunch/launch": ["pxlaunch/joblist", "pxlaunch/cli", "pxlaunch/drive", "pxlaunch/shims", "pxlaunch/discover", "pxlaunch/tool",
                        "pxlaunch/pmix", "pxlaunch/job"],
    "pxlaunch": ["pxlaunch/launch"],
    "rec/map": ["pxlaunch/job"],
    "rec/jobs": ["rec/map", "pxlaunch/process", "pxlaunch/job"],
    "rec/server": ["rec/jobs", "rec/map", "pxlaunch/process", "pxlaunch/pmix", "pxlaunch/job"],
    "rec/bridge": ["rec/jobs", "rec/map", "pxlaunch/shims", "pxlaunch/tool", "pxlaunch/channel", "pxlaunch/process",
                   "pxlaunch/job"],
    "rec/dvm": ["pxlaunch/channel", "pxlaunch/process", "pxlaunch/job"],
    "rec/cli": ["rec/server", "rec/dvm", "rec/bridge", "rec/jobs", "rec/map", "pxlaunch/process", "pxlaunch/pmix", "pxlaunch/tool", "pxlaunch/discover", "pxlaunch/job",
                "pxlaunch/cli/config"],
    "rec": ["rec/cli"],
}
# Third-party headers, and the files that may include them.
HOMES = [
    (r"hwloc(/.*)?\.h|hwloc\.h", r"rec/(map|server)/"),
    (r"pmix\w*\.h", r"pxlaunch/(pmix|tool)/|rec/server/|apps/|tests/pmix/"),
    (r"cxxopts\.hpp", r".*/options\w*\.cpp$"),
    (r"nlohmann/.*", r".*\.cpp$|.*/(json_\w+|\w+_json)\.h$"),
    (r"doctest/.*", r"tests/unit/"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def problems(path, text):
    """What is wrong with the includes of one file; `path` is relative to the tree."""
    found = []
    name, folder = path.as_posix(), path.parent.as_posix()
    for ours, theirs in INCLUDE.findall(text):
        if ours and folder in MAY_INCLUDE and ours.count("/") and not allowed(folder, ours):
            found.append(f"{name} may not include {ours}")
        for header, home in HOMES:
            if re.fullmatch(header, ours or theirs) and not re.match(home, name):
                found.append(f"{name}: <{ours or theirs}> is not at home here")
    if folder not in MAY_INCLUDE and path.parts[0] in ("pxlaunch", "rec", "wrapper"):
        found.append(f"{name}: the folder has no layer yet")
    return found


def allowed(folder, header):
    if header.startswith(("pxlaunch/base/", folder + "/")):
        return True
    return any(header.startswith((lower + "/", lower + ".", lower + "_"))
               for lower in MAY_INCLUDE[folder])


class Layering(unittest.TestCase):
    def test_the_tree(self):
        found = [text for path in sources.code() for text in problems(path, sources.text(path))]
        self.assertEqual(found, [], "\n".join(["", *found]))

    def test_bad_samples_are_found(self):
        for name, line in [
                ("pxlaunch/job/x.cpp", '#include "pxlaunch/cli/options.h"'),
                ("pxlaunch/base/x.h", '#include "pxlaunch/job/spec.h"'),
                ("pxlaunch/drive/x.cpp", '#include "rec/map/layout.h"'),
                ("rec/cli/x.cpp", '#include "pxlaunch/cli/options.h"'),
                ("pxlaunch/job/x.cpp", "#include <pmix.h>"),
                ("pxlaunch/job/x.cpp", "#  include <hwloc.h>"),
                ("pxlaunch/cli/x.cpp", "#include <cxxopts.hpp>"),
                ("pxlaunch/cli/x.h", "#include <nlohmann/json.hpp>"),
                ("pxlaunch/new/x.h", "")]:
            self.assertEqual(len(problems(sources.pathlib.Path(name), line)), 1, name + line)

    def test_good_samples_pass(self):
        for name, line in [
                ("pxlaunch/cli/x.cpp", '#include "pxlaunch/drive/drive.h"'),
                ("pxlaunch/cli/options.cpp", "#include <cxxopts.hpp>"),
                ("rec/cli/x.cpp", '#include "pxlaunch/cli/config_file.h"'),
                ("rec/map/x.cpp", '#include <hwloc.h>\n#include "pxlaunch/base/text.h"')]:
            self.assertEqual(problems(sources.pathlib.Path(name), line), [])
