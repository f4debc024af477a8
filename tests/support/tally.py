"""Adds up ctest's reports: every skip with its reason, and one line with the totals.

A skip counts as a failure unless the test's name, or its label (the name up to the first dot), may skip.
"""
import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree

REASON = re.compile(r"^SKIP (.*)$", re.MULTILINE)


class Tally:
    def __init__(self, may_skip):
        self.may_skip = may_skip
        self.passed = self.failed = self.skipped = 0
        self.lines = []

    def allowed(self, name):
        return bool({"all", name, name.split(".")[0]} & set(self.may_skip))

    def add_skip(self, name, reason):
        self.skipped += 1
        verdict = "skipped" if self.allowed(name) else "SKIPPED, AND MAY NOT BE"
        self.failed += not self.allowed(name)
        self.lines.append(f"{verdict}: {name}: {reason}")

    def add_case(self, case):
        name = case.get("name")
        reasons = REASON.findall(case.findtext("system-out") or "")
        if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            self.add_skip(name, "; ".join(reasons) or "no reason given")
            return
        for reason in reasons:  # parts of a test that passed otherwise
            self.add_skip(name, reason)
        if case.get("status") == "run":
            self.passed += 1
        else:
            self.failed += 1
            self.lines.append(f"failed: {name}")

    def add_report(self, path):
        try:
            root = ElementTree.parse(path).getroot()
        except (OSError, ElementTree.ParseError) as error:
            self.failed += 1
            self.lines.append(f"failed: no report {path}: {error}")
            return
        for case in root.iter("testcase"):
            self.add_case(case)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--may-skip", default="all")
    parser.add_argument("reports", nargs="*")
    options = parser.parse_args()
    tally = Tally(options.may_skip.split())
    for report in options.reports:
        tally.add_report(report)
    for line in tally.lines:
        print(line)
    print(f"may be skipped: {' '.join(tally.may_skip)}")
    if tally.skipped:
        print(f"{tally.skipped} skipped")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
