#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>

#include <sched.h>

#include <thread>

using namespace px;
using namespace px::map;
using job::Object;

namespace {

std::string parts_text(const Topology &topology, Object kind) {
    std::vector<std::string> words;
    for (const auto &part : topology.parts(kind)) words.push_back(range_text(part.pus));
    return join(words, " ");
}

} // namespace

TEST_CASE("topology: parts of a synthetic machine") {
    const auto machine = Topology::from_synthetic(no_smt);
    REQUIRE(machine);
    CHECK(range_text(machine->pus()) == "0-15");
    CHECK(parts_text(*machine, Object::node) == "0-15");
    CHECK(parts_text(*machine, Object::slot) == "0-15");
    CHECK(parts_text(*machine, Object::package) == "0-7 8-15");
    CHECK(parts_text(*machine, Object::numa) == "0-7 8-15");
    CHECK(parts_text(*machine, Object::l3cache) == "0-3 4-7 8-11 12-15");
    CHECK(parts_text(*machine, Object::l2cache) ==
          "0-1 2-3 4-5 6-7 8-9 10-11 12-13 14-15");
    CHECK(parts_text(*machine, Object::l1cache).empty());
    CHECK(machine->parts(Object::core).size() == 16);
    CHECK_FALSE(machine->is_this_machine());
    CHECK(machine->gpus().empty());
    CHECK(machine->gpu_vendor().empty());
}

TEST_CASE("topology: objects are what is usable of them") {
    const auto machine = Topology::from_synthetic(big);
    REQUIRE(machine);
    CHECK(machine->parts(Object::numa).size() == 8);
    const auto numas = machine->objects(Object::numa, {1, 2, 40});
    REQUIRE(numas.size() == 2);
    CHECK(numas[0] == Pus{1, 2});
    CHECK(numas[1] == Pus{40});
    CHECK(machine->objects(Object::core, {1, 2, 3}).size() == 2);
}

TEST_CASE("topology: 128 cores of two threads") {
    const auto machine = Topology::from_synthetic("pack:2 numa:4 l3:2 core:8 pu:2");
    REQUIRE(machine);
    CHECK(machine->parts(Object::core).size() == 128);
    CHECK(machine->pus().size() == 256);
}

TEST_CASE("topology: this machine, as far as this thread may use it") {
    std::thread([] {
        cpu_set_t one;
        CPU_ZERO(&one);
        REQUIRE(sched_getaffinity(0, sizeof one, &one) == 0);
        int first = 0;
        while (!CPU_ISSET(first, &one)) ++first;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
        const auto machine = Topology::load_this_machine();
        REQUIRE(machine);
        CHECK(machine->is_this_machine());
        CHECK(machine->pus() == Pus{first});
        CHECK(machine->parts(Object::core).size() == 1);
        CHECK(machine->parts(Object::numa).size() == 1);
    }).join();
}

TEST_CASE("topology: GPUs in the order of the bus; a screen is none") {
    const auto machine = Topology::from_xml_file(test_data("four_gpus.xml"));
    REQUIRE(machine);
    CHECK(machine->gpu_vendor() == "nvidia");
    REQUIRE(machine->gpus().size() == 4);
    CHECK(machine->gpus()[0].bus == "0000:03:00.0");
    CHECK(machine->gpus()[0].near == Pus{2, 3});
    CHECK(machine->gpus()[3].bus == "0000:c1:00.0");
    CHECK(machine->gpus()[3].near == Pus{4, 5});
}

TEST_CASE("topology: PMIx's strings") {
    const auto machine =
        Topology::from_synthetic("pack:2 numa:1 l3:1 l2:2 l1:1 core:1 pu:2");
    REQUIRE(machine);
    CHECK(machine->locality_string({0, 1}) == "SK0:L30:L20:L10:CR0:HT0-1:NM0");
    CHECK(machine->locality_string({3, 4}) ==
          "SK0-1:L30-1:L21-2:L11-2:CR1-2:HT3-4:NM0-1");
    CHECK(machine->locality_string({}).empty());
    CHECK(Topology::cpuset_string({0, 1, 2, 7}) == "hwloc:0-2,7");
    CHECK(Topology::cpuset_string({}).empty());
}

TEST_CASE("topology: what cannot be read is named") {
    const auto nonsense = Topology::from_synthetic("pack:none");
    REQUIRE_FALSE(nonsense);
    CHECK(nonsense.error().what.starts_with("cannot read the topology 'pack:none': "));
    CHECK(nonsense.error().hint ==
          "lstopo, of the hwloc package, shows what hwloc finds here");
    const auto document = Topology::from_xml("<topology>");
    REQUIRE_FALSE(document);
    CHECK(document.error().what.starts_with("cannot read the topology document: "));
    CHECK_FALSE(Topology::from_xml_file("/nonexistent.xml"));
}

TEST_CASE("topology: lists of PUs") {
    CHECK(range_text({}).empty());
    CHECK(range_text({4}) == "4");
    CHECK(range_text({0, 1, 2, 5, 7, 8}) == "0-2,5,7-8");
    CHECK(intersection({1, 3, 5}, {3, 4, 5}) == Pus{3, 5});
    CHECK(intersects({1, 9}, {2, 9}));
    CHECK_FALSE(intersects({1, 9}, {2, 8}));
}
