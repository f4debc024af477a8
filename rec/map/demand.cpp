// demand.cpp - reads counts, hosts and cpus per rank out of a Spec.
#include "rec/map/demand.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace px::map {

namespace {

using job::Object;

bool same_host(std::string_view asked, std::string_view name) {
    const auto short_name = [](std::string_view host) {
        return host.substr(0, host.find('.'));
    };
    const bool one_is_short =
        asked.find('.') == asked.npos || name.find('.') == name.npos;
    return asked == name || (one_is_short && short_name(asked) == short_name(name));
}

// The node on which the launcher runs comes first.
int find_node(const std::vector<NodeView> &nodes, std::string_view host) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (same_host(host, nodes[i].name)) return static_cast<int>(i);
    }
    return host == "localhost" && !nodes.empty() ? 0 : -1;
}

Error no_such_host(const std::vector<NodeView> &nodes, const std::string &host) {
    std::vector<std::string> names;
    for (const auto &node : nodes) names.push_back(node.name);
    const auto near = nearest(host, names);
    const auto what = fmt::format("host '{}' is not one of this job's nodes", host);
    if (!near.empty()) return cannot_run(what, fmt::format("did you mean '{}'?", near));
    if (names.size() > 8) names.resize(8);
    return cannot_run(what, fmt::format("the nodes are {}{}", join(names, ", "),
                                        nodes.size() > 8 ? ", ..." : ""));
}

// A host that is named N times has N slots, as with mpirun.
Result<void> use_host(Demand &demand, const std::vector<NodeView> &nodes,
                      const std::string &entry) {
    const auto colon = entry.rfind(':');
    const auto host = entry.substr(0, colon);
    const int node = find_node(nodes, host);
    if (node < 0) return no_such_host(nodes, host);
    const bool again =
        std::find(demand.nodes.begin(), demand.nodes.end(), node) != demand.nodes.end();
    if (!again) demand.nodes.push_back(node);
    if (colon == std::string::npos) {
        if (again) demand.slots[node] = std::max(1, demand.slots[node]) + 1;
        return {};
    }
    const auto slots = parse_number(std::string_view(entry).substr(colon + 1), 1'000'000);
    if (!slots || *slots == 0) {
        return usage_error(fmt::format("--host: '{}' has no number of slots", entry),
                           "write NAME:SLOTS, as in node1:4");
    }
    demand.slots[node] += static_cast<int>(*slots);
    return {};
}

Result<void> choose_nodes(Demand &demand, const std::vector<NodeView> &nodes,
                          const job::App &app, bool nolocal) {
    for (const auto &entry : app.hosts) PX_TRY(use_host(demand, nodes, entry));
    if (app.hosts.empty()) {
        demand.nodes.resize(nodes.size());
        std::iota(demand.nodes.begin(), demand.nodes.end(), 0);
    }
    if (nolocal) std::erase(demand.nodes, 0);
    if (!demand.nodes.empty()) return {};
    return cannot_run(
        fmt::format("nolocal leaves no node: '{}' is the only one", nodes[0].name),
        "leave out --nolocal, or ask for more nodes");
}

int threads_per_core(const std::vector<NodeView> &nodes) {
    std::size_t most = 1;
    for (const auto &core : nodes[0].topology->parts(Object::core)) {
        most = std::max(most, core.pus.size());
    }
    return static_cast<int>(most);
}

Result<void> choose_cpus(Demand &demand, const std::vector<NodeView> &nodes,
                         const job::App &app, const job::MapBy &map) {
    if (app.cpus_per_rank > 0 && map.cpus > 0 && app.cpus_per_rank != map.cpus) {
        return usage_error(fmt::format("-c {} and --map-by :pe={} contradict each other",
                                       app.cpus_per_rank, map.cpus),
                           "give one of them, or the same number");
    }
    if (app.cpus_per_rank > 0 && map.pe_list) {
        return usage_error("-c and --map-by pe-list exclude each other",
                           "pe-list names the cpus itself");
    }
    demand.cpus_given = map.cpus > 0 || app.cpus_per_rank > 0;
    if (map.cpus > 0) demand.cpus = map.cpus;
    if (map.cpus == 0 && app.cpus_per_rank > 0) {
        demand.cpus =
            app.cpus_per_rank * (counts_hwthreads(map) ? threads_per_core(nodes) : 1);
    }
    return {};
}

Result<void> check_pattern(const job::App &app, const job::MapBy &map) {
    if (app.per_node == 0 || map.per_object == 0) return {};
    if (map.object == Object::node && map.per_object == app.per_node) return {};
    return usage_error(fmt::format("-N {} and --map-by ppr:{}:{} contradict each other",
                                   app.per_node, map.per_object,
                                   job::to_string(map.object)),
                       "give one of them");
}

Result<void> check_ranking(const job::Placement &placement) {
    const bool by_object =
        placement.rank == job::RankBy::fill || placement.rank == job::RankBy::span;
    const auto object = placement.map.object;
    if (!by_object || (object != Object::slot && object != Object::node)) return {};
    const auto rank = job::to_string(placement.rank);
    return usage_error(
        fmt::format("--rank-by {} needs ranks that are mapped by an object", rank),
        fmt::format("write --map-by numa --rank-by {}", rank));
}

Result<void> check_objects(const Demand &demand, const std::vector<NodeView> &nodes,
                           Object object) {
    for (const int node : demand.nodes) {
        if (!nodes[node].topology->parts(object).empty()) continue;
        return cannot_run(fmt::format("--map-by: node '{}' has no {}", nodes[node].name,
                                      job::to_string(object)),
                          "map by core, numa, package or node");
    }
    return {};
}

} // namespace

bool counts_hwthreads(const job::MapBy &map) {
    return map.hwthread_cpus || map.object == Object::hwthread;
}

Result<std::vector<Demand>> resolve_demands(const std::vector<NodeView> &nodes,
                                            const job::Spec &spec) {
    const auto &map = spec.placement.map;
    if (nodes.empty()) return cannot_run("there is no node to run on");
    PX_TRY(check_ranking(spec.placement));
    std::vector<Demand> demands;
    for (const auto &app : spec.apps) {
        Demand demand;
        demand.np = app.np;
        demand.gpus = app.gpus_per_rank;
        demand.per_node = app.per_node;
        PX_TRY(check_pattern(app, map));
        PX_TRY(choose_cpus(demand, nodes, app, map));
        PX_TRY(choose_nodes(demand, nodes, app, map.nolocal));
        PX_TRY(check_objects(demand, nodes, map.object));
        demands.push_back(std::move(demand));
    }
    return demands;
}

} // namespace px::map
