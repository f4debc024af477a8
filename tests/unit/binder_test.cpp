#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::map;

namespace {

struct Row {
    std::string what;
    const char *machine;
    int slots;
    Job job;
    std::string cpus; // of every rank
};

void check_rows(const std::vector<Row> &rows) {
    for (const auto &row : rows) {
        CAPTURE(row.what);
        auto there = cluster(row.machine, 1, row.slots);
        const auto layout = place(there.nodes, spec_of({row.job}));
        if (!layout) FAIL_CHECK(layout.error().what);
        if (layout) CHECK(cpus_text(*layout, &RankPlace::cpus) == row.cpus);
    }
}

Job bound(int np, std::string map, std::string bind, int cpus = 0,
          bool exclusive = false) {
    Job job{np, std::move(map), "slot", std::move(bind), cpus};
    job.exclusive = exclusive;
    return job;
}

} // namespace

TEST_CASE("bind: every word of PRRTE's vocabulary") {
    check_rows({
        {"none", big, 0, bound(2, "slot", "none"), "- -"},
        {"none with -c", big, 0, bound(2, "slot", "none", 2), "- -"},
        {"hwthread", big, 0, bound(2, "slot", "hwthread"), "0 2"},
        {"hwthread of threads", big, 0, bound(2, "slot:hwtcpus", "hwthread"), "0 1"},
        {"core", big, 0, bound(2, "slot", "core"), "0-1 2-3"},
        {"core of threads", big, 0, bound(3, "slot:hwtcpus", "core"), "0-1 0-1 2-3"},
        {"l2cache", no_smt, 0, bound(3, "slot", "l2cache"), "0-1 0-1 2-3"},
        {"l3cache", no_smt, 0, bound(2, "l3cache", "l3cache"), "0-3 4-7"},
        {"numa", big, 0, bound(2, "slot", "numa"), "0-7 0-7"},
        {"numa by numa", big, 0, bound(2, "numa", "numa"), "0-7 8-15"},
        {"package by core", big, 0, bound(2, "core", "package"), "0-31 0-31"},
        {"package by package", big, 0, bound(2, "package", "package"), "0-31 32-63"},
        {"numa of many cores", big, 0, bound(1, "slot", "numa", 6), "0-15"},
        {"threads of many cores", big, 0, bound(1, "slot", "hwthread", 3), "0,2,4"},
        {"missing object", laptop, 0, bound(2, "slot", "l3cache:if-supported"), "- -"},
    });
}

TEST_CASE("bind: the default") {
    check_rows({
        {"equal shares", laptop, 0, bound(2, "slot", "default"), "0-3 4-7"},
        {"shares of three", laptop, 0, bound(3, "slot", "default"), "0-1 2-3 4-7"},
        {"one rank has the node", laptop, 0, bound(1, "slot", "default"), "0-7"},
        {"shares of objects", big, 0, bound(3, "package", "default"), "0-15 32-63 16-31"},
        {"cores of -c", big, 0, bound(2, "slot", "default", 3), "0-5 8-13"},
        {"cores of pe", big, 0, bound(2, "package:pe=2", "default"), "0-3 32-35"},
        {"the pool", big, 0, bound(2, "slot", "default", 0, true), "0-1 2-3"},
        {"the pool with -c", big, 0, bound(2, "slot", "default", 2, true), "0-3 4-7"},
        {"pe-list", big, 0, bound(2, "pe-list=1,4", "default"), "2-3,8-9 2-3,8-9"},
        {"pe-list in order", big, 0, bound(2, "pe-list=4,1:ordered", "default"),
         "8-9 2-3"},
        {"pe-list, none", big, 0, bound(2, "pe-list=4,1:ordered", "none"), "- -"},
        {"threads", laptop, 0, bound(8, "slot:hwtcpus", "default"), "0 1 2 3 4 5 6 7"},
        {"more slots than cores", single, 4, bound(3, "slot", "default"), "- - -"},
        {"oversubscribed", single, 0, bound(3, "slot:oversubscribe", "default"), "- - -"},
    });
}

TEST_CASE("bind: several ranks on a cpu only where that is said") {
    check_rows({
        {"overload-allowed", laptop, 8, bound(5, "slot", "core:overload-allowed"),
         "0-1 2-3 4-5 6-7 0-1"},
        {"overload by numa", laptop, 8, bound(5, "numa", "core:overload-allowed"),
         "0-1 2-3 4-5 6-7 0-1"},
        {"oversubscribe", laptop, 0, bound(5, "slot:oversubscribe", "core"),
         "0-1 2-3 4-5 6-7 0-1"},
        {"oversubscribe with -c", laptop, 0, bound(3, "slot:oversubscribe", "core", 2),
         "0-3 4-7 0-3"},
        {"if-supported", laptop, 8, bound(5, "slot", "core:if-supported"),
         "0-1 2-3 4-5 6-7 -"},
    });
    auto there = cluster(laptop, 1, 8);
    const auto layout = place(there.nodes, spec_of({bound(5, "slot", "core")}));
    REQUIRE_FALSE(layout);
    CHECK(layout.error().what == "5 ranks need 5 cores; node 'n1' has 4");
}

TEST_CASE("bind: a NUMA domain of the pool is what the job took of it") {
    check_rows({{"exclusive", big, 0, bound(2, "slot", "numa", 0, true), "0-3 0-3"}});
}

TEST_CASE("bind: applications with and without -c share a node") {
    auto there = cluster(no_smt);
    Job wide{2, "slot", "slot", "default", 4}, narrow{2};
    const auto layout = place(there.nodes, spec_of({wide, narrow}));
    REQUIRE(layout);
    CHECK(cpus_text(*layout, &RankPlace::cpus) == "0-3 4-7 8-11 12-15");
    CHECK(cpus_text(*layout, &RankPlace::reserved) == "0-3 4-7 8 12");
}

TEST_CASE("bind: GPUs near the rank") {
    // On the bus the GPUs are those of NUMA domains 1, 0, 3, 2.
    Cluster there;
    there.add(std::move(*Topology::from_xml_file(test_data("four_gpus.xml"))));
    const auto gpus = [&](const Job &job) {
        const auto layout = place(there.nodes, spec_of({job}));
        return layout ? cpus_text(*layout, &RankPlace::gpus) : layout.error().what;
    };
    Job job{4, "numa", "slot", "core"};
    CHECK(gpus(job) == "- - - -");
    job.gpus = 1;
    CHECK(gpus(job) == "1 0 3 2");
    job.bind = "none"; // still near to what it takes from the pool
    CHECK(gpus(job) == "1 0 3 2");
    job.map =
        "slot"; // on domains 0 0 1 1: no rank takes from afar what is near to another
    CHECK(gpus(job) == "1 2 0 3");
    job.np = 2;
    CHECK(gpus(job) == "1 0");
    job.gpus = 2;
    CHECK(gpus(job) == "0-1 2-3");
    job.map = "package";
    CHECK(gpus(job) == "0-1 2-3");
    job.np = 3;
    CHECK(gpus(job) == "3 ranks with 2 GPUs each need 6 GPUs; node 'n1' has 4");
    job.map = "slot:oversubscribe";
    CHECK(gpus(job) == "0-1 2-3 0-1");
    there.nodes[0].free_gpus = {0, 2};
    job = {2, "package", "slot", "core", 0, 1};
    CHECK(gpus(job) == "0 2");
    job.np = 3;
    CHECK(gpus(job) == "3 ranks with 1 GPU each need 3 GPUs; node 'n1' has 2");
}
