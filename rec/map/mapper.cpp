// mapper.cpp - gives every rank of a job its node and its cores.
#include "rec/map/mapper.h"

namespace px::map {

Result<Layout> place(const std::vector<NodeView> &nodes, const job::Spec &spec) {
    Layout layout;
    const auto cores = nodes.at(0).topology->objects(job::Object::core, nodes[0].usable);
    for (int app = 0; app < static_cast<int>(spec.apps.size()); ++app) {
        for (int i = 0; i < spec.apps[app].np; ++i) {
            const int rank = static_cast<int>(layout.ranks.size());
            if (rank >= static_cast<int>(cores.size()) &&
                !spec.placement.map.oversubscribe) {
                return cannot_run("more ranks than cores", "use --oversubscribe");
            }
            RankPlace place{rank, app, i, 0, rank};
            if (rank < static_cast<int>(cores.size())) place.reserved = cores[rank];
            if (!spec.placement.bind.none) place.cpus = place.reserved;
            layout.ranks.push_back(place);
        }
    }
    return layout;
}

Answer place_or_wait(const std::vector<NodeView> &whole,
                     const std::vector<NodeView> &free, const job::Spec &spec) {
    auto now = place(free, spec);
    if (now) return {Fit::now, *now, {}};
    if (place(whole, spec)) return {Fit::later, {}, now.error()};
    return {Fit::never, {}, now.error()};
}

} // namespace px::map
