#include "pxlaunch/launch/audit.h"

#include <doctest/doctest.h>

using namespace px::launch;

TEST_CASE("the audit line is one line of NAME=VALUE, in this order") {
    CHECK(
        audit_line({"local", 4, 1.25, 0}, "1000", "slurm:77") ==
        "user=1000 allocation=slurm:77 method=local ranks=4 nodes=1 seconds=1.2 exit=0");
    CHECK(audit_line({"uri", 1, 0, 137}, "ann", "none") ==
          "user=ann allocation=none method=uri ranks=1 nodes=1 seconds=0.0 exit=137");
    CHECK(audit_line({"local", 100000, 86400.06, 255}, "0", "pbs:1.x") ==
          "user=0 allocation=pbs:1.x method=local ranks=100000 nodes=1 seconds=86400.1 "
          "exit=255");
}
