#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::map;

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

TEST_CASE("map: GPUs of nodes that nobody has looked at are not counted") {
    Cluster there;
    for (int node = 0; node < 2; ++node)
        there.add(std::move(*Topology::from_xml_file(test_data("four_gpus.xml"))));
    there.nodes[1].gpus_known = false;
    Job job{6, "slot", "slot", "none", 0, 1};
    const auto refused = [&] { return place(there.nodes, spec_of({job})).error(); };
    const std::string what = "-g: the GPUs of {} are not known: pxrec sees those of its "
                             "own node, and takes nodes with as many cores to have the "
                             "same";
    CHECK(refused().what == fmt::format(fmt::runtime(what), "n2"));
    CHECK(refused().hint == "use --host n1, or leave out -g");
    job.map = "slot:oversubscribe"; // shares GPUs, where they are known
    job.np = 200;
    CHECK(nodes_text(*place(there.nodes, spec_of({job}))).find('2') == std::string::npos);
    job.map = "slot";
    job.np = 4;
    CHECK(nodes_text(*place(there.nodes, spec_of({job}))) == "1 1 1 1");
    there.nodes[0].gpus_known = false;
    CHECK(refused().what == fmt::format(fmt::runtime(what), "n1,n2"));
    CHECK(refused().hint ==
          "start the job from a node of the allocation, or leave out -g");
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
    job.bind = "core"; // goes round all cores of the node, whoever has them
    CHECK(cpus_text(answer(job).layout, &RankPlace::cpus) == "0-1 2-3 4-5 6-7");
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
