#include "rec/map/layout_json.h"
#include "tests/unit/map_nodes.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace px;
using namespace px::map;

TEST_CASE("layout: the whole document of a small job") {
    auto there = cluster("pack:1 numa:2 core:1 pu:2");
    there.nodes[0].usable = {0, 1};
    const auto layout = place(there.nodes, spec_of({Job{1, "slot", "slot", "core"}}));
    REQUIRE(layout);
    CHECK(layout_json(there.nodes, *layout) ==
          R"({"nodes":[{"name":"n1","packages":[{"os":0,"numas":[)"
          R"({"os":0,"cores":[{"os":0,"pus":"0-1","usable":true}]},)"
          R"({"os":1,"cores":[{"os":1,"pus":"2-3","usable":false}]}]}]}],)"
          R"("ranks":[{"rank":0,"app":0,"app_rank":0,"node":0,"local_rank":0,)"
          R"("cpus":"0-1","gpus":""}],"oversubscribed":false})");
}

TEST_CASE("layout: every core of an odd machine is in the document once") {
    for (const auto *machine :
         {"core:4 pu:1", "numa:2 pack:2 core:2 pu:1", "pu:3", big}) {
        CAPTURE(machine);
        auto there = cluster(machine);
        const auto text = layout_json(there.nodes, {});
        const auto json = nlohmann::json::parse(text);
        std::size_t cores = 0;
        for (const auto &package : json["nodes"][0]["packages"]) {
            for (const auto &numa : package["numas"]) cores += numa["cores"].size();
        }
        CHECK(cores == there.nodes[0].topology->parts(job::Object::core).size());
    }
}

TEST_CASE("layout: big machines stay small documents") {
    auto there = cluster("pack:2 numa:4 core:32 pu:1");
    const auto layout = place(there.nodes, spec_of({Job{256, "slot", "slot", "core"}}));
    REQUIRE(layout);
    CHECK(layout_json(there.nodes, *layout).size() < 40'000);
}
