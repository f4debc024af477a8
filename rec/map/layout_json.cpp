// layout_json.cpp - writes a Layout as a JSON document.
#include "rec/map/layout_json.h"

#include "pxlaunch/base/text.h"

#include <nlohmann/json.hpp>

namespace px::map {

namespace {

using Json = nlohmann::ordered_json;

Json cores_json(const Topology &topology, const Pus &within, const Pus &usable) {
    Json cores = Json::array();
    for (const auto &core : topology.parts(job::Object::core)) {
        if (!intersects(core.pus, within)) continue;
        auto &entry = cores.emplace_back(Json::object()); // lists in braces would copy
        entry["os"] = core.os;
        entry["pus"] = range_text(core.pus);
        entry["usable"] = intersects(core.pus, usable);
    }
    return cores;
}

// Packages without NUMA domains, or machines without packages, still show their cores.
Json level_json(const NodeView &node, job::Object kind, const Pus &within) {
    Json list = Json::array();
    auto parts = node.topology->parts(kind);
    if (parts.empty()) parts = {{-1, within}};
    for (const auto &part : parts) {
        const Pus pus = intersection(part.pus, within);
        if (pus.empty()) continue;
        Json inner = kind == job::Object::package
                         ? level_json(node, job::Object::numa, pus)
                         : cores_json(*node.topology, pus, node.usable);
        const char *name = kind == job::Object::package ? "numas" : "cores";
        list.push_back({{"os", part.os}, {name, std::move(inner)}});
    }
    return list;
}

Json rank_json(const RankPlace &rank) {
    Json json = Json::object();
    json["rank"] = rank.rank;
    json["app"] = rank.app;
    json["app_rank"] = rank.app_rank;
    json["node"] = rank.node;
    json["local_rank"] = rank.local_rank;
    json["cpus"] = range_text(rank.cpus);
    json["gpus"] = range_text(rank.gpus);
    return json;
}

} // namespace

std::string layout_json(const std::vector<NodeView> &nodes, const Layout &layout) {
    Json json{{"nodes", Json::array()}, {"ranks", Json::array()}};
    for (const auto &node : nodes) {
        json["nodes"].push_back(
            {{"name", node.name},
             {"packages", level_json(node, job::Object::package, node.topology->pus())}});
    }
    for (const auto &rank : layout.ranks) json["ranks"].push_back(rank_json(rank));
    json["oversubscribed"] = layout.oversubscribed;
    return json.dump();
}

} // namespace px::map
