#include "pxlaunch/launch/audit.h"

#include <doctest/doctest.h>

using namespace px::launch;

TEST_CASE("the audit line is one line of NAME=VALUE, in this order") {
    CHECK(
        audit_line({"local", 4, 1, 1.25, 0}, "1000", "slurm:77") ==
        "user=1000 allocation=slurm:77 method=local ranks=4 nodes=1 seconds=1.2 exit=0");
    CHECK(audit_line({"uri", 1, 1, 0, 137}, "ann", "none") ==
          "user=ann allocation=none method=uri ranks=1 nodes=1 seconds=0.0 exit=137");
    CHECK(audit_line({"srun", 100000, 800, 86400.06, 255}, "0", "slurm:1") ==
          "user=0 allocation=slurm:1 method=srun ranks=100000 nodes=800 seconds=86400.1 "
          "exit=255");
}

TEST_CASE("what the audit line says of who has started the ranks, and where") {
    px::discover::Found found;
    CHECK(method_of(found) == "local");
    found.kind = px::discover::Found::attach;
    found.from = "prrte"; // a DVM that somebody else keeps
    CHECK(method_of(found) == "prrte");
    found.from = "pool";
    found.server.ours.emplace().method = "srun";
    CHECK(method_of(found) == "srun");
    px::job::JobResult result;
    CHECK(count_nodes(result) == 1); // none has started
    result.ranks.resize(3);
    result.ranks[0].host = result.ranks[2].host = "n1";
    result.ranks[1].host = "n2";
    CHECK(count_nodes(result) == 2);
}
