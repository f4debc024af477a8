"""Run on a node: COUNT launches of ranks that end at once, with codes 0 to 4 in turn; prints what was wrong.

usage: many.py COUNT RANKS DEADLINE [OPTION...]
"""
import subprocess
import sys


def launch(number, ranks, deadline, options):
    """What was wrong with one launch; empty: nothing."""
    code = number % 5
    argv = ["pxlaunch", "-n", str(ranks), "--map-by", "node", *options, "sh", "-c", f"echo line {number}; exit {code}"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=deadline, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as hung:
        return f"{number}: hung: {hung.stdout} {hung.stderr}"
    if done.returncode != code:
        return f"{number}: status {done.returncode} and not {code}: {done.stderr}"
    lines = done.stdout.count(b"line %d\n" % number)
    # The first that fails ends the others, perhaps before they have said anything.
    if lines > ranks or lines == 0 or (code == 0 and (lines != ranks or done.stderr)):
        return f"{number}: {done.stdout} {done.stderr}"
    return ""


def main(count, ranks, deadline, *options):
    wrong = [text for number in range(int(count)) if (text := launch(number, int(ranks), int(deadline), options))]
    print("\n".join([*wrong[:10], f"wrong: {len(wrong)}"]))


main(*sys.argv[1:])
