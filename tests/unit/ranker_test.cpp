#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::map;

namespace {

// Two nodes of two NUMA domains of four cores.
constexpr auto node = "pack:1 numa:2 core:4 pu:1";

// The ranks on each domain of each node, "0 1|2 3||...", in rank order.
std::string ranks_text(const Layout &layout) {
    std::string text;
    for (int where = 0; where < 4; ++where) {
        std::vector<std::string> here;
        for (const auto &rank : layout.ranks) {
            const int domain = rank.reserved.front() / 4;
            if (rank.node * 2 + domain == where)
                here.push_back(std::to_string(rank.rank));
        }
        text += (where == 0 ? "" : where == 2 ? " || " : " | ") + join(here, " ");
    }
    return text;
}

} // namespace

TEST_CASE("rank: every word, on two nodes of two objects") {
    struct Row {
        int np;
        std::string map, rank, text;
    };
    // The figures in PRRTE's rmaps_base_ranking.c, for mapping by package.
    const std::vector<Row> rows = {
        {16, "numa", "slot", "0 2 4 6 | 1 3 5 7 || 8 10 12 14 | 9 11 13 15"},
        {16, "numa", "fill", "0 1 2 3 | 4 5 6 7 || 8 9 10 11 | 12 13 14 15"},
        {16, "numa", "span", "0 4 8 12 | 1 5 9 13 || 2 6 10 14 | 3 7 11 15"},
        {16, "numa", "node", "0 4 8 12 | 2 6 10 14 || 1 5 9 13 | 3 7 11 15"},
        {8, "numa:span", "slot", "0 2 | 1 3 || 4 6 | 5 7"},
        {8, "numa:span", "fill", "0 1 | 2 3 || 4 5 | 6 7"},
        {8, "numa:span", "span", "0 4 | 1 5 || 2 6 | 3 7"},
        {8, "ppr:2:numa", "slot", "0 1 | 2 3 || 4 5 | 6 7"},
        {8, "ppr:2:numa", "span", "0 4 | 1 5 || 2 6 | 3 7"},
        {8, "ppr:2:numa", "node", "0 2 | 4 6 || 1 3 | 5 7"},
        {6, "node", "node", "0 2 4 |  || 1 3 5 | "},
        {6, "node", "slot", "0 1 2 |  || 3 4 5 | "},
        {10, "slot", "slot", "0 1 2 3 | 4 5 6 7 || 8 9 | "},
        {10, "slot", "node", "0 2 4 5 | 6 7 8 9 || 1 3 | "},
    };
    for (const auto &row : rows) {
        CAPTURE(row.map);
        CAPTURE(row.rank);
        auto there = cluster(node, 2);
        const auto layout = place(there.nodes, spec_of({Job{row.np, row.map, row.rank}}));
        REQUIRE(layout);
        CHECK(ranks_text(*layout) == row.text);
    }
}

TEST_CASE("rank: ranks of an application follow those of the one before") {
    auto there = cluster(node, 2);
    const auto layout = place(there.nodes, spec_of({Job{4, "node", "node"}, Job{3}}));
    REQUIRE(layout);
    CHECK(nodes_text(*layout) == "1 2 1 2 1 2 1");
    std::vector<int> apps, app_ranks, locals;
    for (const auto &rank : layout->ranks) {
        apps.push_back(rank.app);
        app_ranks.push_back(rank.app_rank);
        locals.push_back(rank.local_rank);
    }
    CHECK(apps == std::vector{0, 0, 0, 0, 1, 1, 1});
    CHECK(app_ranks == std::vector{0, 1, 2, 3, 0, 1, 2});
    CHECK(locals == std::vector{0, 0, 1, 1, 2, 2, 3});
}
