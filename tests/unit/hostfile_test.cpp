#include "pxlaunch/job/hostfile.h"

#include <doctest/doctest.h>

using namespace px::job;

TEST_CASE("hostfiles as mpirun and MPICH write them") {
    const auto hosts =
        parse_hostfile("# nodes\nn1 slots=4\n\nn2\tslots=2 max_slots=8 # two\n"
                       "n3\n  n4:3\r\n");
    REQUIRE(hosts);
    CHECK(*hosts == std::vector<std::string>{"n1:4", "n2:2", "n3", "n4:3"});
}

TEST_CASE("a wrong line is named") {
    CHECK(parse_hostfile("n1\nn2 slot=4\n").error().what ==
          "line 2: 'slot=4' means nothing here");
    CHECK(parse_hostfile("n1 slots=many\n").error().what ==
          "line 1: expected a number, got 'many'");
    CHECK(parse_hostfile(":3\n").error().what ==
          "line 1: a line without the name of a node");
    CHECK(parse_hostfile("# none\n").error().what == "it names no node");
}
