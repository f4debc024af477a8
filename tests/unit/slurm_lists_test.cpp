#include "pxlaunch/discover/slurm_lists.h"

#include "pxlaunch/base/text.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::discover;

TEST_CASE("Slurm's lists of nodes") {
    struct Row {
        const char *list, *names;
    };
    for (const auto &[list, names] :
         std::vector<Row>{{"n1", "n1"},
                          {"n1,m2", "n1 m2"},
                          {"n[1-3]", "n1 n2 n3"},
                          {"n[08-11]", "n08 n09 n10 n11"},
                          {"n[1,3,7-8]", "n1 n3 n7 n8"},
                          {"n[1-2],login,gpu[01-02]", "n1 n2 login gpu01 gpu02"},
                          {"n[1-2]-ib,m3", "n1-ib n2-ib m3"},
                          {"r[1-2]n[08-09]", "r1n08 r1n09 r2n08 r2n09"},
                          {"r[1-2]n[1,3]x,s", "r1n1x r1n3x r2n1x r2n3x s"},
                          {"n[0-0]", "n0"},
                          {"node-2-[9-10]", "node-2-9 node-2-10"},
                          {"t[00x11]", "t00 t01 t10 t11"},
                          {"t[09x1A]", "t09 t0A t19 t1A"},
                          {"n[099-101]", "n099 n100 n101"}}) {
        CAPTURE(list);
        const auto all = expand_nodes(list);
        REQUIRE(all);
        CHECK(join(*all, " ") == names);
    }
    CHECK(expand_nodes("n[0001-9999]")->size() == 9999);
}

TEST_CASE("what is no list of nodes is none") {
    for (const char *list :
         {"", ",", "n1,", "n[1-3", "n[]", "n[3-1]", "n[a-b]", "[1-3]", "n[1-999999999]",
          "r[0-9999]n[0-9999]", "n[-3]", "t[0x11]", "t[1x0]", "t[.x0]", "n[1-2-3]"}) {
        CAPTURE(list);
        CHECK_FALSE(expand_nodes(list));
    }
}

TEST_CASE("Slurm's counts for each node") {
    CHECK(*expand_counts("4") == std::vector<int>{4});
    CHECK(*expand_counts("4(x2),8") == std::vector<int>{4, 4, 8});
    CHECK(*expand_counts("16,2(x3)") == std::vector<int>{16, 2, 2, 2});
    for (const char *list :
         {"", "4(x2", "4x2", "a", "4(xa)", "4,", "4(x99999999)", "4)"}) {
        CAPTURE(list);
        CHECK_FALSE(expand_counts(list));
    }
}
