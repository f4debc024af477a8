// mapper.cpp - gives every rank of a job its node, its cpus and its GPUs.
#include "rec/map/mapper.h"

#include "rec/map/binder.h"
#include "rec/map/gpu_binder.h"
#include "rec/map/ranker.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::map {

namespace {

Result<Layout> lay_out(const Seating &seating, const job::Spec &spec,
                       const std::vector<Demand> &demands) {
    const auto order = rank_order(seating, spec.placement.rank);
    std::vector<int> on_node(seating.pools.size(), 0), of_app(demands.size(), 0);
    Layout layout;
    for (const int number : order) {
        const auto &seat = seating.seats[number];
        RankPlace place;
        place.rank = static_cast<int>(layout.ranks.size());
        place.app = seat.app;
        place.app_rank = of_app[seat.app]++;
        place.node = seat.node;
        place.local_rank = on_node[seat.node]++;
        layout.ranks.push_back(std::move(place));
    }
    PX_TRY(bind_ranks(seating, spec, demands, order, layout.ranks));
    assign_gpus(seating, demands, layout.ranks);
    layout.oversubscribed =
        seating.crowded || std::find(seating.packed.begin(), seating.packed.end(),
                                     true) != seating.packed.end();
    return layout;
}

// A job that asks for whatever there is means the nodes, not what is free of them now.
void fix_counts(job::Spec &spec, const Layout &layout) {
    std::vector<int> counts(spec.apps.size(), 0);
    for (const auto &rank : layout.ranks) ++counts[rank.app];
    for (std::size_t i = 0; i < counts.size(); ++i) spec.apps[i].np = counts[i];
}

} // namespace

Result<Layout> place(const std::vector<NodeView> &nodes, const job::Spec &spec) {
    const auto demands = PX_TRY(resolve_demands(nodes, spec));
    auto seating = seat_ranks(nodes, spec, demands, false);
    if (!seating && spec.placement.map.oversubscribe.value_or(false)) {
        seating = seat_ranks(nodes, spec, demands, true);
    }
    if (!seating) return std::move(seating).error();
    return lay_out(*seating, spec, demands);
}

Answer place_or_wait(const std::vector<NodeView> &whole,
                     const std::vector<NodeView> &free, const job::Spec &spec) {
    auto nodes = free;
    for (std::size_t i = 0; i < nodes.size() && i < whole.size(); ++i) {
        if (nodes[i].shared.empty()) nodes[i].shared = whole[i].usable;
    }
    auto ever = place(whole, spec);
    if (!ever) return {Fit::never, {}, std::move(ever).error()};
    auto counted = spec;
    fix_counts(counted, *ever);
    auto now = place(nodes, counted);
    if (now) return {Fit::now, std::move(now).value(), {}};
    return {Fit::later,
            {},
            cannot_run(fmt::format("the job does not fit now: {}", now.error().what),
                       "leave out --no-wait, and it waits for its turn")};
}

} // namespace px::map
