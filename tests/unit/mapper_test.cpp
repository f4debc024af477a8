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

TEST_CASE("map: what does not fit is refused with both numbers and a way out") {
    struct Refusal {
        const char *machine;
        int count, slots;
        Job job;
        std::string what, hint;
    };
    const std::vector<Refusal> rows = {
        {laptop,
         1,
         0,
         {5},
         "5 ranks need 5 slots; node 'n1' has 4",
         "use -n 4, or --oversubscribe"},
        {laptop,
         2,
         2,
         {5},
         "5 ranks need 5 slots; the 2 nodes have 4",
         "use -n 4, or --oversubscribe"},
        {no_smt,
         1,
         0,
         {8, "slot", "slot", "default", 4},
         "8 ranks with 4 cores each need 32 cores; node 'n1' has 16",
         "use -c 2, or --oversubscribe"},
        {laptop,
         1,
         0,
         {1, "slot", "slot", "default", 5},
         "1 rank with 5 cores each need 5 cores; node 'n1' has 4",
         "use -c 4, or --oversubscribe"},
        {laptop,
         1,
         0,
         {8, "slot:pe=2:hwtcpus"},
         "8 ranks with 2 hardware threads each need 16 hardware threads; node 'n1' has 8",
         "use -c 1, or --oversubscribe"},
        {laptop,
         1,
         8,
         {5, "slot", "slot", "core"},
         "5 ranks need 5 cores; node 'n1' has 4",
         "--bind-to core:overload-allowed lets ranks share them, --oversubscribe too"},
        {laptop,
         1,
         8,
         {5, "slot", "slot", "none", 0, 0, 0, "", true},
         "5 ranks need 5 cores; node 'n1' has 4",
         "use fewer ranks, or --oversubscribe"},
        {no_smt,
         1,
         0,
         {4, "l2cache:pe=3"},
         "4 ranks with 3 cores each do not fit: no l2cache has 3 cores left for the last",
         "map by a larger object, or use --oversubscribe"},
        {laptop,
         2,
         0,
         {3, "slot", "slot", "none", 3},
         "3 ranks with 3 cores each need 9 cores; the 2 nodes have 8",
         "use -c 2, or --oversubscribe"},
        {laptop,
         2,
         0,
         {4, "slot", "slot", "none", 0, 0, 1},
         "-n 4 and -N 1 do not fit together: 1 rank on each node of 2 are 2",
         "-N is ranks per node; for 1 node write --nodes 1"},
        {laptop,
         1,
         0,
         {8, "slot", "slot", "none", 0, 0, 2},
         "-n 8 and -N 2 do not fit together: 2 ranks on 1 node is 2",
         "-N is ranks per node; for 2 nodes write --nodes 2"},
        {big,
         1,
         0,
         {9, "ppr:1:numa"},
         "-n 9 is more than the 8 ranks of ppr:1:numa on 1 node",
         "use -n 8, or a larger N in ppr:N:numa"},
        {laptop,
         1,
         0,
         {1, "l3cache"},
         "--map-by: node 'n1' has no l3cache",
         "map by core, numa, package or node"},
        {laptop,
         1,
         0,
         {1, "slot:nolocal"},
         "nolocal leaves no node: 'n1' is the only one",
         "leave out --nolocal, or ask for more nodes"},
        {laptop,
         1,
         0,
         {1, "pe-list=4"},
         "--map-by pe-list: node 'n1' has no core 4 for this job",
         "its cores are 0-3; some may be taken or not be allowed"},
        {laptop,
         1,
         0,
         {3, "pe-list=0,1"},
         "3 ranks need 3 slots; node 'n1' has 2",
         "use -n 2, or --oversubscribe"},
        {laptop,
         1,
         0,
         {2, "slot:pe=2", "slot", "none", 3},
         "-c 3 and --map-by :pe=2 contradict each other",
         "give one of them, or the same number"},
        {laptop,
         1,
         0,
         {2, "pe-list=0,1", "slot", "none", 3},
         "-c and --map-by pe-list exclude each other",
         "pe-list names the cpus itself"},
        {laptop,
         1,
         0,
         {2, "ppr:1:core", "slot", "none", 0, 0, 2},
         "-N 2 and --map-by ppr:1:core contradict each other",
         "give one of them"},
        {laptop,
         1,
         0,
         {2, "slot", "fill"},
         "--rank-by fill needs ranks that are mapped by an object",
         "write --map-by numa --rank-by fill"},
        {laptop,
         2,
         0,
         {1, "slot", "slot", "none", 0, 0, 0, "n3"},
         "host 'n3' is not one of this job's nodes",
         "did you mean 'n1'?"},
        {laptop,
         2,
         0,
         {1, "slot", "slot", "none", 0, 0, 0, "frontend"},
         "host 'frontend' is not one of this job's nodes",
         "the nodes are n1, n2"},
        {laptop,
         2,
         0,
         {1, "slot", "slot", "none", 0, 0, 0, "n1:x"},
         "--host: 'n1:x' has no number of slots",
         "write NAME:SLOTS, as in node1:4"},
        {laptop,
         1,
         0,
         {2, "slot", "slot", "none", 0, 1},
         "2 ranks with 1 GPU each need 2 GPUs; node 'n1' has 0",
         "use fewer ranks, or --oversubscribe to share GPUs"},
        {laptop,
         1,
         0,
         {1, "slot", "slot", "l3cache"},
         "--bind-to: node 'n1' has no l3cache",
         "write --bind-to l3cache:if-supported to run unbound there"},
    };
    for (const auto &row : rows) {
        CAPTURE(row.what);
        auto there = cluster(row.machine, row.count, row.slots);
        const auto layout = place(there.nodes, spec_of({row.job}));
        CHECK_FALSE(layout);
        if (layout) continue;
        CHECK(layout.error().what == row.what);
        CHECK(layout.error().hint == row.hint);
    }
    CHECK(place({}, spec_of({Job{}})).error().what == "there is no node to run on");
}

TEST_CASE("map: a job that fits now, later or never") {
    auto there = cluster(laptop);
    auto free = there.nodes;
    free[0].usable = {4, 5, 6, 7};
    const auto answer = [&](Job job) {
        return place_or_wait(there.nodes, free, spec_of({job}));
    };
    Job job{2};
    job.exclusive = true;
    auto got = answer(job);
    CHECK(got.fit == Fit::now);
    CHECK(cpus_text(got.layout, &RankPlace::reserved) == "4-5 6-7");
    job.np = 4;
    got = answer(job);
    CHECK(got.fit == Fit::later);
    CHECK(got.error.what ==
          "the job does not fit now: 4 ranks need 4 slots; node 'n1' has 2");
    CHECK(got.error.hint == "leave out --no-wait, and it waits for its turn");
    job.np = 5;
    got = answer(job);
    CHECK(got.fit == Fit::never);
    CHECK(got.error.what == "5 ranks need 5 slots; node 'n1' has 4");
    job.np = 0; // whatever there is, is the whole node
    CHECK(answer(job).fit == Fit::later);
    job.np = 4;
    job.map = "slot:oversubscribe";
    got = answer(job);
    CHECK(got.fit == Fit::now);
    CHECK(got.layout.oversubscribed);
    free[0].usable.clear();
    got = answer(job);
    CHECK(got.fit == Fit::now);
    CHECK(got.layout.ranks.size() == 4);
    job.map = "slot";
    got = answer(job);
    CHECK(got.fit == Fit::later);
    CHECK(got.error.what ==
          "the job does not fit now: no core of node 'n1' is free for this job");
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
