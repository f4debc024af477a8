#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>

#include <set>

using namespace px;
using namespace px::map;

namespace {

struct Row {
    std::string what;
    const char *machine;
    int count, slots;
    Job job;
    std::string nodes;    // of every rank
    std::string reserved; // PUs of every rank; empty: do not look
};

void check_rows(const std::vector<Row> &rows) {
    for (const auto &row : rows) {
        CAPTURE(row.what);
        auto there = cluster(row.machine, row.count, row.slots);
        const auto layout = place(there.nodes, spec_of({row.job}));
        if (!layout) FAIL_CHECK(layout.error().what);
        if (!layout) continue;
        CHECK(nodes_text(*layout) == row.nodes);
        if (!row.reserved.empty()) {
            CHECK(cpus_text(*layout, &RankPlace::reserved) == row.reserved);
        }
    }
}

} // namespace

TEST_CASE("map: every word of PRRTE's vocabulary on one big node") {
    check_rows({
        {"slot", big, 1, 0, {3, "slot"}, "1 1 1", "0-1 2-3 4-5"},
        {"core", big, 1, 0, {3, "core"}, "1 1 1", "0-1 2-3 4-5"},
        {"hwthread", big, 1, 0, {3, "hwthread"}, "1 1 1", "0 1 2"},
        {"core as threads", big, 1, 0, {3, "core:hwtcpus"}, "1 1 1", "0 2 4"},
        {"slot as threads", big, 1, 0, {3, "slot:hwtcpus"}, "1 1 1", "0 1 2"},
        {"numa", big, 1, 0, {3, "numa"}, "1 1 1", "0-1 8-9 16-17"},
        {"numa, second round",
         big,
         1,
         0,
         {9, "numa"},
         "1 1 1 1 1 1 1 1 1",
         "0-1 8-9 16-17 24-25 32-33 40-41 48-49 56-57 2-3"},
        {"l3cache", big, 1, 0, {2, "l3cache"}, "1 1", "0-1 8-9"},
        {"package", big, 1, 0, {3, "package"}, "1 1 1", "0-1 32-33 2-3"},
        {"node", big, 1, 0, {2, "node"}, "1 1", "0-1 2-3"},
        {"l2cache", no_smt, 1, 0, {5, "l2cache"}, "1 1 1 1 1", "0 2 4 6 8"},
        {"l3cache without smt", no_smt, 1, 0, {5, "l3cache"}, "1 1 1 1 1", "0 4 8 12 1"},
        {"ppr numa", big, 1, 0, {0, "ppr:1:numa"}, "1 1 1 1 1 1 1 1", ""},
        {"ppr package",
         big,
         1,
         0,
         {0, "ppr:2:package"},
         "1 1 1 1",
         "0-1 2-3 32-33 34-35"},
        {"ppr, fewer", big, 1, 0, {3, "ppr:2:package"}, "1 1 1", "0-1 2-3 32-33"},
        {"ppr node", big, 1, 0, {0, "ppr:2:node"}, "1 1", "0-1 2-3"},
        {"pe", big, 1, 0, {3, "numa:pe=2"}, "1 1 1", "0-3 8-11 16-19"},
        {"pe by slot", big, 1, 0, {3, "slot:pe=3"}, "1 1 1", "0-5 8-13 16-21"},
        {"pe of threads", big, 1, 0, {3, "slot:pe=3:hwtcpus"}, "1 1 1", "0-2 3-5 8-10"},
        {"pe-list", big, 1, 0, {2, "pe-list=5,3"}, "1 1", "10-11 6-7"},
        {"pe-list of threads", big, 1, 0, {2, "pe-list=5,3:hwtcpus"}, "1 1", "5 3"},
        {"all slots", laptop, 1, 0, {0, "slot"}, "1 1 1 1", "0-1 2-3 4-5 6-7"},
        {"single core", single, 1, 0, {1, "numa"}, "1", "0"},
    });
}

TEST_CASE("map: cpus per rank stay in a NUMA domain where they fit") {
    check_rows({
        {"fits",
         big,
         1,
         0,
         {4, "slot", "slot", "none", 2},
         "1 1 1 1",
         "0-3 4-7 8-11 12-15"},
        {"next domain rather than two",
         big,
         1,
         0,
         {2, "slot", "slot", "none", 3},
         "1 1",
         "0-5 8-13"},
        {"remains are used at the end",
         big,
         1,
         0,
         {10, "slot", "slot", "none", 3},
         "1 1 1 1 1 1 1 1 1 1",
         "0-5 8-13 16-21 24-29 32-37 40-45 48-53 56-61 6-7,14-15,22-23 "
         "38-39,46-47,54-55"},
        {"larger than a domain",
         big,
         1,
         0,
         {2, "slot", "slot", "none", 10},
         "1 1",
         "0-19 32-51"},
        {"larger than a package",
         big,
         1,
         0,
         {1, "slot", "slot", "none", 20},
         "1",
         "0-39"},
        {"-c counts cores of threads",
         big,
         1,
         0,
         {2, "slot:hwtcpus", "slot", "none", 2},
         "1 1",
         "0-3 4-7"},
    });
}

TEST_CASE("map: several nodes") {
    check_rows({
        // docs/placement/examples: three nodes of four slots.
        {"slot", laptop, 3, 4, {6, "slot"}, "1 1 1 1 2 2", ""},
        {"node", laptop, 3, 4, {6, "node", "node"}, "1 2 3 1 2 3", ""},
        {"nolocal", laptop, 3, 4, {6, "node:nolocal", "node"}, "2 3 2 3 2 3", ""},
        {"core", laptop, 3, 4, {8, "core"}, "1 1 1 1 2 2 2 2", ""},
        {"span", laptop, 3, 4, {8, "core:span"}, "1 1 1 2 2 2 3 3", ""},
        {"oversubscribe",
         laptop,
         3,
         4,
         {14, "slot:oversubscribe"},
         "1 1 1 1 1 2 2 2 2 2 3 3 3 3",
         "- - - - - - - - - - - - - -"},
        {"oversubscribe by node",
         laptop,
         3,
         4,
         {14, "node:oversubscribe", "slot"},
         "1 1 1 1 1 2 2 2 2 2 3 3 3 3",
         ""},
        {"oversubscribe by object",
         laptop,
         3,
         4,
         {13, "core:oversubscribe"},
         "1 1 1 1 1 2 2 2 2 3 3 3 3",
         ""},
        {"few slots", laptop, 2, 2, {4, "slot"}, "1 1 2 2", "0-1 2-3 0-1 2-3"},
        {"ppr node", laptop, 2, 4, {0, "ppr:2:node"}, "1 1 2 2", ""},
        {"ppr node, fewer", laptop, 2, 4, {3, "ppr:2:node"}, "1 1 2", ""},
        {"-N", laptop, 2, 4, {0, "slot", "slot", "none", 0, 0, 2}, "1 1 2 2", ""},
        {"-N with -n",
         laptop,
         3,
         4,
         {5, "slot", "slot", "none", 0, 0, 2},
         "1 1 2 2 3",
         ""},
        {"-N by numa",
         big,
         2,
         0,
         {0, "numa", "slot", "none", 0, 0, 2},
         "1 1 2 2",
         "0-1 8-9 0-1 8-9"},
        {"-N oversubscribed",
         single,
         2,
         0,
         {0, "slot:oversubscribe", "slot", "none", 0, 0, 3},
         "1 1 1 2 2 2",
         ""},
        {"host", laptop, 3, 4, {2, "slot", "slot", "none", 0, 0, 0, "n2"}, "2 2", ""},
        {"hosts in their order",
         laptop,
         3,
         4,
         {6, "slot", "slot", "none", 0, 0, 0, "n3,n1"},
         "3 3 3 3 1 1",
         ""},
        {"host:slots",
         laptop,
         3,
         4,
         {3, "slot", "slot", "none", 0, 0, 0, "n1:2,n2"},
         "1 1 2",
         ""},
        {"host twice",
         laptop,
         3,
         4,
         {3, "slot", "slot", "none", 0, 0, 0, "n1,n1,n2"},
         "1 1 2",
         ""},
        {"host by its long name",
         laptop,
         2,
         4,
         {1, "slot", "slot", "none", 0, 0, 0, "n2.cluster.org"},
         "2",
         ""},
        {"the user's slots where nobody counts them",
         single,
         1,
         0,
         {3, "slot", "slot", "none", 0, 0, 0, "localhost:3"},
         "1 1 1",
         "- - -"},
        {"more slots than cores", single, 1, 3, {3, "slot"}, "1 1 1", "- - -"},
    });
}

TEST_CASE("map: -N is a limit on oversubscribed nodes too") {
    auto there = cluster(laptop, 2, 4);
    there.nodes[1].slots = 1;
    const auto layout = place(
        there.nodes, spec_of({Job{6, "slot:oversubscribe", "slot", "none", 0, 0, 3}}));
    REQUIRE(layout);
    CHECK(nodes_text(*layout) == "1 1 1 2 2 2");
}

TEST_CASE("map: applications come in order and share what there is") {
    auto there = cluster(laptop, 2, 4);
    Job first{3}, second{2};
    second.hosts = "n2";
    auto layout = place(there.nodes, spec_of({first, second}));
    REQUIRE(layout);
    CHECK(nodes_text(*layout) == "1 1 1 2 2");
    CHECK(layout->ranks[3].app == 1);
    CHECK(layout->ranks[4].app_rank == 1);
    CHECK(layout->ranks[4].local_rank == 1);
    Job wide{2};
    wide.cpus = 2;
    layout = place(there.nodes, spec_of({Job{1}, wide}));
    REQUIRE(layout);
    CHECK(cpus_text(*layout, &RankPlace::reserved) == "0-1 2-5 0-3");
    CHECK(nodes_text(*layout) == "1 1 2");
}

TEST_CASE("map: no cpu is given out twice, no rank is lost, whatever is asked") {
    auto there = cluster(big, 2);
    there.nodes[1].usable = {0,  1,  2,  3,  9,
                             10, 11, 40, 41, 63}; // with half cores among them
    for (const std::string map : {"slot", "core", "numa", "package", "node", "l3cache",
                                  "hwthread", "numa:span", "core:span", "ppr:1:numa"}) {
        for (const std::string bind : {"none", "default", "core", "numa", "hwthread"}) {
            for (const int cpus : {0, 1, 3}) {
                CAPTURE(map);
                CAPTURE(bind);
                CAPTURE(cpus);
                Job job{6, map, "slot", bind, cpus};
                job.exclusive = true;
                const auto layout = place(there.nodes, spec_of({job}));
                const int most = map == "hwthread" ? 0 : map.starts_with("core") ? 1 : 3;
                CHECK(layout.has_value() == (cpus <= most));
                if (!layout) continue;
                REQUIRE(layout->ranks.size() == 6);
                std::set<std::pair<int, int>> taken;
                for (std::size_t i = 0; i < 6; ++i) {
                    const auto &rank = layout->ranks[i];
                    const auto &usable = there.nodes[rank.node].usable;
                    CHECK(rank.rank == static_cast<int>(i));
                    CHECK_FALSE(rank.reserved.empty());
                    CHECK(rank.cpus.empty() == (bind == "none"));
                    CHECK(intersection(rank.reserved, usable) == rank.reserved);
                    CHECK(intersection(rank.cpus, usable) == rank.cpus);
                    for (const int pu : rank.reserved) {
                        CHECK(taken.insert({rank.node, pu}).second);
                    }
                }
            }
        }
    }
}
