"""Under 'podman unshare': what is in the files of an image, as JSON. The image is not run: what it holds may lie."""
import json
import os
import stat
import subprocess
import sys

PROGRAMS = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin", "usr/libexec", "opt")
SECRETS = ("etc", "home", "root", "opt", "srv", "usr/local", "var/lib")


def files(root, *tops):
    for top in tops:
        for where, _, names in os.walk(os.path.join(root, top)):
            yield from (os.path.join(where, name) for name in names)


def inside(root, paths):
    return sorted(os.path.relpath(path, root) for path in paths)


def with_mode(root, bits):
    return (path for path in files(root, ".") if stat.S_ISREG(os.lstat(path).st_mode) and os.lstat(path).st_mode & bits)


def with_capabilities(root):
    return (path for path in files(root, ".") if "security.capability" in os.listxattr(path, follow_symlinks=False))


def holds_key(path):
    if not os.path.isfile(path) or os.path.islink(path) or os.path.getsize(path) > 1 << 16:
        return False
    with open(path, "rb") as file:
        return b"PRIVATE KEY-----" in file.read()


def passwords(root):
    with open(os.path.join(root, "etc/shadow"), encoding="ascii") as file:
        return {line.split(":")[0]: line.split(":")[1] for line in file}


def look(root):
    return {"programs": inside(root, files(root, *PROGRAMS)),
            "set-id": inside(root, with_mode(root, stat.S_ISUID | stat.S_ISGID)),
            "capabilities": inside(root, with_capabilities(root)),
            "keys": inside(root, filter(holds_key, files(root, *SECRETS))),
            "passwords": passwords(root),
            "archive": inside(root, files(root, "etc/apt", "var/lib/apt/lists", "var/cache/apt"))}


def main(image):
    root = subprocess.run(["podman", "image", "mount", image], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    print(json.dumps(look(root)))


if __name__ == "__main__":
    main(sys.argv[1])
