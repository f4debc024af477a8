#include "pxlaunch/cli/picture.h"
#include "rec/map/layout_json.h"
#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace px;
using namespace px::map;

namespace {

enum Parts { map_only = 1, bind_only = 2, both = 3 };

std::string drawn(Cluster there, const std::vector<Job> &jobs, Parts parts = both,
                  bool utf8 = true, int columns = 80) {
    const auto layout = place(there.nodes, spec_of(jobs));
    if (!layout) return layout.error().what;
    const auto text =
        cli::picture(layout_json(there.nodes, *layout), (parts & map_only) != 0,
                     (parts & bind_only) != 0, utf8, columns);
    return text ? "\n" + *text : text.error().what;
}

int widest_line(const std::string &text) {
    int widest = 0, width = 0;
    for (const char c : text) {
        if (c == '\n') width = -1;
        if ((c & 0xc0) != 0x80) ++width; // bytes that start a character
        widest = std::max(widest, width);
    }
    return widest;
}

Job bound(int np, std::string map, std::string bind) {
    return {np, std::move(map), "slot", std::move(bind)};
}

} // namespace

TEST_CASE("picture: a laptop") {
    CHECK(drawn(cluster(laptop), {bound(2, "slot", "default")}) == R"(
2 ranks on 1 node
 rank  node  hwthreads
    0  n1    0-3
    1  n1    4-7

node n1: 2 ranks
┌ package 0, numa 0 ─┐
│ core 0 1 2 3       │
│ rank 0 0 1 1       │
└────────────────────┘
)");
}

TEST_CASE("picture: a table, and no boxes") {
    CHECK(drawn(cluster(laptop, 2, 4), {bound(5, "slot", "none"), Job{1}}, map_only) ==
          R"(
6 ranks of 2 applications on 2 nodes
 rank  app  node  hwthreads
  0-3    0  n1    not bound
    4    0  n2    not bound
    5    1  n2    not bound
)");
}

TEST_CASE("picture: packages and NUMA domains, and cores without a rank") {
    CHECK(drawn(cluster(big), {bound(9, "numa", "core")}, bind_only) == R"(
9 ranks on 1 node

node n1: 9 ranks
┌ package 0 ────────────────────────────────┐
│ ┌ numa 0 ──────────┐ ┌ numa 1 ──────────┐ │
│ │ core  0  1  2  3 │ │ core  4  5  6  7 │ │
│ │ rank  0  8  ·  · │ │ rank  1  ·  ·  · │ │
│ └──────────────────┘ └──────────────────┘ │
│ ┌ numa 2 ──────────┐ ┌ numa 3 ──────────┐ │
│ │ core  8  9 10 11 │ │ core 12 13 14 15 │ │
│ │ rank  2  ·  ·  · │ │ rank  3  ·  ·  · │ │
│ └──────────────────┘ └──────────────────┘ │
└───────────────────────────────────────────┘
┌ package 1 ────────────────────────────────┐
│ ┌ numa 4 ──────────┐ ┌ numa 5 ──────────┐ │
│ │ core 16 17 18 19 │ │ core 20 21 22 23 │ │
│ │ rank  4  ·  ·  · │ │ rank  5  ·  ·  · │ │
│ └──────────────────┘ └──────────────────┘ │
│ ┌ numa 6 ──────────┐ ┌ numa 7 ──────────┐ │
│ │ core 24 25 26 27 │ │ core 28 29 30 31 │ │
│ │ rank  6  ·  ·  · │ │ rank  7  ·  ·  · │ │
│ └──────────────────┘ └──────────────────┘ │
└───────────────────────────────────────────┘
· no rank
)");
}

TEST_CASE("picture: ASCII, unbound ranks, cores that are not for the job") {
    auto there = cluster(no_smt);
    std::erase(there.nodes[0].usable, 1);
    Job job = bound(3, "slot", "none");
    CHECK(drawn(std::move(there), {job}, bind_only, false) == R"(
3 ranks on 1 node

node n1: 3 ranks
+ package 0, numa 0 -----------+ + package 1, numa 1 -----------+
| core  0  1  2  3  4  5  6  7 | | core  8  9 10 11 12 13 14 15 |
| rank  .  x  .  .  .  .  .  . | | rank  .  .  .  .  .  .  .  . |
+------------------------------+ +------------------------------+
not bound: 0-2
. no rank   x not for this job
)");
}

TEST_CASE("picture: several ranks on a core, and on its threads") {
    CHECK(drawn(cluster(laptop), {bound(5, "slot:oversubscribe", "core")}, bind_only) ==
          R"(
5 ranks on 1 node, oversubscribed

node n1: 5 ranks
┌ package 0, numa 0 ─┐
│ core  0  1  2  3   │
│ rank 0+  1  2  3   │
└────────────────────┘
N+ rank N and others
)");
    CHECK(drawn(cluster(laptop, 2), {bound(3, "slot:hwtcpus", "hwthread")}, bind_only) ==
          R"(
3 ranks on 1 node

node n1: 3 ranks
┌ package 0, numa 0 ───┐
│ core   0   1   2   3 │
│ rank 0/1 2/·   ·   · │
└──────────────────────┘

node n2: 0 ranks
· no rank   / between hardware threads
)");
}

TEST_CASE("picture: GPUs are in the table") {
    Cluster there;
    there.add(std::move(*Topology::from_xml_file(test_data("four_gpus.xml"))));
    Job job = bound(2, "package", "numa");
    job.gpus = 2;
    CHECK(drawn(std::move(there), {job}, map_only) == R"(
2 ranks on 1 node
 rank  node  gpus  cpus
    0  n1    0-1   0-1
    1  n1    2-3   4-5
)");
}

TEST_CASE("picture: many ranks fill the width, and nothing is wider") {
    const auto all =
        drawn(cluster("pack:2 numa:4 core:32 pu:1"), {bound(256, "slot", "core")});
    CHECK(widest_line(all) <= 80);
    CHECK(std::count(all.begin(), all.end(), '\n') < 130);
    CHECK(all.find("  255  n1    255") != all.npos);
    for (const int columns : {40, 60, 100, 200}) {
        CAPTURE(columns);
        CHECK(widest_line(drawn(cluster(big), {bound(8, "numa", "core")}, both, true,
                                columns)) <= columns);
    }
}

TEST_CASE("picture: long lists of cpus go on in the next line") {
    auto there = cluster("pack:1 core:64 pu:1");
    std::vector<int> even;
    for (int pu = 0; pu < 64; pu += 2) even.push_back(pu);
    there.nodes[0].usable = even;
    CHECK(drawn(std::move(there), {bound(1, "slot", "default")}, map_only, true, 60) ==
          R"(
1 rank on 1 node
 rank  node  cpus
    0  n1    0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,
             34,36,38,40,42,44,46,48,50,52,54,56,58,60,62
)");
}

TEST_CASE("picture: a document that is none is an error") {
    for (const std::string text :
         {"", "{}", "[]",
          R"({"nodes": [], "ranks": [{"rank": 0}], "oversubscribed": false})",
          R"({"nodes": [], "ranks": 7, "oversubscribed": false})",
          R"({"nodes": [{"name": "a", "packages": []}], "oversubscribed": false,
              "ranks": [{"rank": 0, "app": 0, "node": 0, "cpus": "0-x", "gpus": ""}]})"}) {
        CAPTURE(text);
        const auto got = cli::picture(text, true, true, true, 80);
        REQUIRE_FALSE(got);
        CHECK(got.error().exit == Exit::cannot_run);
        CHECK(got.error().what.starts_with("cannot read the layout of the job: "));
        CHECK(got.error().hint ==
              "pxlaunch and pxrec may be of different versions: compare "
              "pxlaunch -V and pxrec -V");
    }
}
