// shortage.cpp - words the errors of jobs that do not fit.
#include "rec/map/shortage.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::map {

namespace {

std::string counted(long count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

struct Totals {
    long ranks = 0, cpus = 0, gpus = 0; // asked for, by all applications
    long slots_there = 0, cpus_there = 0, gpus_there = 0;
    std::string where; // "node 'n1' has", "the 3 nodes have"
};

Totals totals_of(const Request &request, const Demand &demand) {
    Totals totals;
    for (const auto &each : request.demands) {
        if (each.nodes != demand.nodes) continue;
        totals.ranks += each.np;
        totals.cpus += static_cast<long>(each.np) * each.cpus;
        totals.gpus += static_cast<long>(each.np) * each.gpus;
    }
    for (const int node : demand.nodes) {
        const auto &pool = request.pools[node];
        const auto named = demand.slots.find(node);
        const bool by_user = named != demand.slots.end();
        const int slots = pool.node().slots;
        totals.slots_there += !by_user    ? pool.slots
                              : slots > 0 ? std::min(slots, named->second)
                                          : named->second;
        totals.cpus_there += static_cast<long>(pool.cpus().size());
        totals.gpus_there += pool.gpus;
    }
    totals.where =
        demand.nodes.size() > 1
            ? fmt::format("the {} nodes have", demand.nodes.size())
            : fmt::format("node '{}' has", request.pools[demand.nodes[0]].node().name);
    return totals;
}

// The pattern allows fewer ranks than -n asks for.
std::optional<Error> pattern_too_small(const Request &request, const Demand &demand) {
    const auto &map = request.placement.map;
    const auto nodes = static_cast<int>(demand.nodes.size());
    if (demand.per_node > 0 && demand.np > demand.per_node * nodes) {
        const auto each = demand.per_node;
        return cannot_run(
            fmt::format("-n {} and -N {} do not fit together: {} on {} {} {}", demand.np,
                        each, counted(each, "rank"),
                        nodes == 1 ? "1 node" : "each node of",
                        nodes == 1 ? "is" : fmt::format("{} are", nodes), each * nodes),
            fmt::format("-N is ranks per node; for {} write --nodes {}",
                        counted(each, "node"), each));
    }
    long fit = 0;
    for (const int node : demand.nodes) {
        fit += map.per_object * static_cast<long>(request.pools[node].objects().size());
    }
    if (map.per_object == 0 || demand.np <= fit) return std::nullopt;
    return cannot_run(fmt::format("-n {} is more than the {} of ppr:{}:{} on {}",
                                  demand.np, counted(fit, "rank"), map.per_object,
                                  job::to_string(map.object), counted(nodes, "node")),
                      fmt::format("use -n {}, or a larger N in ppr:N:{}", fit,
                                  job::to_string(map.object)));
}

Error too_few_slots(const Totals &totals) {
    return cannot_run(fmt::format("{} need {}; {} {}", counted(totals.ranks, "rank"),
                                  counted(totals.ranks, "slot"), totals.where,
                                  totals.slots_there),
                      fmt::format("use -n {}, or --oversubscribe", totals.slots_there));
}

Error too_few_cpus(const Request &request, const Demand &demand, const Totals &totals) {
    const auto noun =
        counts_hwthreads(request.placement.map) ? "hardware thread" : "core";
    const bool uniform = totals.cpus == totals.ranks * demand.cpus;
    const auto with = uniform && demand.cpus_given
                          ? fmt::format(" with {} each", counted(demand.cpus, noun))
                          : std::string();
    const auto what =
        fmt::format("{}{} need {}; {} {}", counted(totals.ranks, "rank"), with,
                    counted(totals.cpus, noun), totals.where, totals.cpus_there);
    const long fewer = totals.cpus_there / std::max(1L, totals.ranks);
    if (demand.cpus_given && fewer > 0 && uniform) {
        return cannot_run(what, fmt::format("use -c {}, or --oversubscribe", fewer));
    }
    const auto &bind = request.placement.bind;
    if (!demand.cpus_given && bind.object != job::Object::slot) {
        return cannot_run(what,
                          fmt::format("--bind-to {}:overload-allowed lets ranks share "
                                      "them, --oversubscribe too",
                                      job::to_string(bind.object)));
    }
    return cannot_run(what, "use fewer ranks, or --oversubscribe");
}

// A job for GPUs, and nodes whose GPUs nobody has looked at.
std::optional<Error> gpus_unknown(const Request &request, const Demand &demand) {
    std::string unknown, known;
    for (const int node : demand.nodes) {
        const auto &view = request.pools[node].node();
        std::string &names = view.gpus_known ? known : unknown;
        names += (names.empty() ? "" : ",") + view.name;
    }
    if (demand.gpus == 0 || unknown.empty()) return std::nullopt;
    return cannot_run(
        fmt::format("-g: the GPUs of {} are not known: pxrec sees those of its own node, "
                    "and takes nodes with as many cores to have the same",
                    unknown),
        known.empty() ? "start the job from a node of the allocation, or leave out -g"
                      : fmt::format("use --host {}, or leave out -g", known));
}

Error too_few_gpus(const Demand &demand, const Totals &totals) {
    return cannot_run(
        fmt::format("{} with {} each need {}; {} {}", counted(totals.ranks, "rank"),
                    counted(demand.gpus, "GPU"), counted(totals.gpus, "GPU"),
                    totals.where, totals.gpus_there),
        "use fewer ranks, or --oversubscribe to share GPUs");
}

// Enough in all, and not where the map wants them.
Error do_not_fit(const Request &request, const Demand &demand) {
    const auto &map = request.placement.map;
    const bool by_object =
        map.object != job::Object::slot && map.object != job::Object::node;
    const auto noun = counts_hwthreads(map) ? "hardware thread" : "core";
    const auto place = by_object ? job::to_string(map.object) : "node";
    return cannot_run(
        fmt::format("{} with {} each do not fit: no {} has {} left for the last",
                    counted(demand.np, "rank"), counted(demand.cpus, noun), place,
                    counted(demand.cpus, noun)),
        by_object ? "map by a larger object, or use --oversubscribe"
                  : "use fewer ranks, or --oversubscribe");
}

} // namespace

Error shortage(const Request &request, std::size_t app) {
    const auto &demand = request.demands[app];
    if (auto error = pattern_too_small(request, demand)) return *error;
    const auto totals = totals_of(request, demand);
    const bool lacks_gpus = totals.gpus > totals.gpus_there;
    if (lacks_gpus && totals.ranks <= totals.slots_there) {
        if (auto error = gpus_unknown(request, demand)) return *error;
    }
    if (totals.cpus_there == 0) return nothing_free(request.pools);
    const bool own = needs_own_cpus(request.placement, demand);
    if (own && demand.cpus_given && totals.cpus > totals.cpus_there) {
        return too_few_cpus(request, demand, totals);
    }
    if (totals.ranks > totals.slots_there) return too_few_slots(totals);
    if (own && totals.cpus > totals.cpus_there)
        return too_few_cpus(request, demand, totals);
    if (lacks_gpus) return too_few_gpus(demand, totals);
    return do_not_fit(request, demand);
}

Error nothing_free(const std::vector<Pool> &pools) {
    const auto where = pools.size() == 1
                           ? fmt::format("node '{}'", pools[0].node().name)
                           : fmt::format("any of the {} nodes", pools.size());
    return cannot_run(fmt::format("no core of {} is free for this job", where),
                      "use --oversubscribe to share cores");
}

} // namespace px::map
