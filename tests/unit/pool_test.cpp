#include "rec/jobs/pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace px;
using namespace px::jobs;

namespace {

// Two packages of four cores.
struct Node {
    explicit Node(bool managed = true, const char *description = "package:2 core:4 pu:1")
        : topology(std::move(map::Topology::from_synthetic(description)).value()),
          pool({{"n01", &topology}}, managed) {}

    // What is placed now; nothing where it has to wait.
    std::optional<map::Layout> place(int ranks, int cpus = 0,
                                     const std::vector<Cpu> &own = {}) {
        auto placed = pool.place(asked(ranks, cpus), own);
        REQUIRE(placed);
        return std::move(*placed);
    }
    static job::Spec asked(int ranks, int cpus = 0) {
        job::Spec spec;
        spec.apps.resize(1);
        spec.apps[0].np = ranks;
        spec.apps[0].cpus_per_rank = cpus;
        return spec;
    }

    map::Topology topology;
    Pool pool;
};

std::vector<int> cores_of(const map::Layout &layout) {
    std::vector<int> all;
    for (const auto &rank : layout.ranks) {
        all.insert(all.end(), rank.reserved.begin(), rank.reserved.end());
    }
    return all;
}

} // namespace

TEST_CASE("a managed pool gives no core out twice") {
    Node node;
    std::set<int> given;
    std::size_t count = 0;
    for (const int ranks : {3, 1, 2, 2}) {
        const auto layout = node.place(ranks);
        REQUIRE(layout);
        for (const int core : cores_of(*layout)) given.insert(core);
        count += cores_of(*layout).size();
    }
    CHECK(count == 8);
    CHECK(given.size() == 8);
    CHECK(node.pool.free_cores() == 0);
}

TEST_CASE("what does not fit now waits, takes nothing, and fits after a release") {
    Node node;
    CHECK(node.pool.cores() == 8);
    const auto first = node.place(6);
    CHECK(node.pool.free_cores() == 2);
    CHECK_FALSE(node.place(3));
    CHECK_FALSE(node.place(1, 4));
    CHECK(node.pool.free_cores() == 2);
    const auto second = node.place(2);
    node.pool.release(*first);
    CHECK(node.pool.free_cores() == 6);
    const auto third = node.place(3, 2);
    REQUIRE(third);
    CHECK(cores_of(*third).size() == 6);
    node.pool.release(*second);
    node.pool.release(*third);
    CHECK(node.pool.free_cores() == 8);
}

TEST_CASE("what can never fit is refused at once, whoever has the cores") {
    Node node;
    const auto all = node.place(8);
    for (const auto &spec : {Node::asked(9), Node::asked(1, 9), Node::asked(3, 4)}) {
        const auto placed = node.pool.place(spec, {});
        REQUIRE_FALSE(placed);
        CHECK_FALSE(placed.error().what.empty());
        CHECK_FALSE(placed.error().hint.empty());
    }
    CHECK(node.pool.free_cores() == 0);
    node.pool.release(*all);
    CHECK(node.pool.free_cores() == 8);
}

TEST_CASE("a job inside a job shares the cores of that job, and of no other") {
    Node node;
    const auto outer = node.place(4);
    const auto other = node.place(4);
    CHECK_FALSE(node.place(2));
    std::vector<Cpu> own;
    for (const int core : cores_of(*outer)) own.push_back({0, core});
    const auto inner = node.place(2, 0, own);
    REQUIRE(inner);
    const auto held = cores_of(*outer);
    for (const int core : cores_of(*inner)) {
        CHECK(std::find(held.begin(), held.end(), core) != held.end());
    }
    // The cores are given back when the last holder has ended, in any order.
    node.pool.release(*outer);
    CHECK(node.pool.free_cores() == 2);
    node.pool.release(*inner);
    CHECK(node.pool.free_cores() == 4);
    node.pool.release(*other);
    CHECK(node.pool.free_cores() == 8);
}

TEST_CASE("a core with two hardware threads is one core, and taken as a whole") {
    Node node(true, "package:1 core:4 pu:2");
    CHECK(node.pool.cores() == 4);
    const auto layout = node.place(1);
    REQUIRE(layout);
    CHECK(cores_of(*layout).size() == 2);
    CHECK(node.pool.free_cores() == 3);
    CHECK_FALSE(node.place(4));
}

TEST_CASE("one that oversubscribes never waits and takes no core") {
    Node node;
    const auto all = node.place(8);
    auto spec = Node::asked(20);
    spec.placement.map.oversubscribe = true;
    const auto placed = node.pool.place(spec, {});
    REQUIRE(placed);
    REQUIRE(*placed);
    CHECK((*placed)->oversubscribed);
    CHECK(cores_of(**placed).empty());
    node.pool.release(**placed);
    CHECK(node.pool.free_cores() == 0);
}

TEST_CASE("an unmanaged pool keeps no account") {
    Node node(false);
    CHECK_FALSE(node.pool.managed());
    const auto first = node.place(8), second = node.place(8);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(cores_of(*first) == cores_of(*second));
    CHECK(node.pool.free_cores() == 8);
    node.pool.release(*first);
    node.pool.release(*first);
    CHECK(node.pool.free_cores() == 8);
    CHECK(node.place(8));
    CHECK_FALSE(node.pool.place(Node::asked(9), {}));
}

TEST_CASE("the picture is of the whole node, whatever is taken") {
    Node node;
    const auto first = node.place(7), second = node.place(1);
    REQUIRE(second);
    const auto picture = node.pool.picture(*second);
    CHECK(picture.find("\"n01\"") != std::string::npos);
    const auto &cores = node.topology.parts(job::Object::core);
    CHECK(cores.size() == 8);
    std::size_t usable = 0;
    for (auto at = picture.find("\"usable\""); at != std::string::npos;
         at = picture.find("\"usable\"", at + 1)) {
        ++usable;
    }
    CHECK(usable == 8);
}

TEST_CASE("a pool of several nodes gives out the cores of each") {
    const auto two =
        std::move(map::Topology::from_synthetic("package:1 core:2 pu:1")).value();
    const auto four =
        std::move(map::Topology::from_synthetic("package:1 core:4 pu:1")).value();
    Pool pool({{"n1", &two}, {"n2", &four}, {"n3", &two}}, true);
    CHECK(pool.cores() == 8);
    CHECK(pool.host(1) == "n2");
    const auto first = std::move(pool.place(Node::asked(3), {})).value();
    REQUIRE(first);
    CHECK(first->ranks[1].node == 0);
    CHECK(first->ranks[2].node == 1);
    CHECK(pool.free_cores() == 5);
    // Core 0 of the second node is taken, that of the third is not.
    const auto second = std::move(pool.place(Node::asked(5), {})).value();
    REQUIRE(second);
    CHECK(second->ranks[0].node == 1);
    CHECK(second->ranks[0].reserved == std::vector<int>{1});
    CHECK(second->ranks[3].node == 2);
    CHECK(second->ranks[3].reserved == std::vector<int>{0});
    CHECK_FALSE(*pool.place(Node::asked(1), {}));
    // A job inside the first one shares its cores, wherever they are.
    const auto inner = std::move(pool.place(Node::asked(1), {{1, 0}})).value();
    REQUIRE(inner);
    CHECK(inner->ranks[0].node == 1);
    pool.release(*inner);
    pool.release(*first);
    CHECK(pool.free_cores() == 3);
    CHECK_FALSE(pool.place(Node::asked(9), {}));
}
