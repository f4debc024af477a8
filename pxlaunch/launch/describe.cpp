// describe.cpp - nodes, cores, and the numbers that the batch system was asked for.
#include "pxlaunch/launch/describe.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::launch {

bool serves_allocation(const discover::Found &found) {
    if (!found.allocation || found.from == "parent") return false;
    const std::string key = found.allocation.key();
    if (found.kind != discover::Found::attach) return found.pool == key;
    return found.server.ours && found.server.ours->allocation == key;
}

namespace {

std::string summary(const discover::Allocation &allocation) {
    std::string text = fmt::format("{}: {} {}", allocation.title(), allocation.nodes,
                                   allocation.nodes == 1 ? "node" : "nodes");
    text += allocation.ranks
                ? fmt::format("; {} ranks asked for ({})", allocation.ranks.value,
                              allocation.ranks.source)
                : "; it does not say how many ranks";
    if (!allocation.cores.empty()) {
        text += fmt::format("; {} cores ({})", allocation.all_cores(),
                            allocation.cores_source);
    }
    if (allocation.cores_per_rank) {
        text += fmt::format("; {} for each rank ({})", allocation.cores_per_rank.value,
                            allocation.cores_per_rank.source);
    } else if (!allocation.cores_per_rank.source.empty()) {
        text += "; " + allocation.cores_per_rank.source;
    }
    return text;
}

std::vector<std::string> nodes_of(const discover::Found &found) {
    if (found.server.ours) return found.server.ours->nodes;
    std::vector<std::string> nodes = found.hosts;
    for (auto &each : nodes) each.erase(std::min(each.find(':'), each.size()));
    return nodes;
}

// PRRTE 3.0.8 binds to any core of a node that the kernel lets it, whatever part of the
// node its daemon was given: where no cgroup is around the job, also to another job's.
void bind_on_dvm(const discover::Allocation &allocation, job::Allocation &offer) {
    offer.slots_are_cores = true;
    offer.node_cores = allocation.cores;
    offer.nodes = allocation.names;
    if (!allocation.whole_nodes) {
        offer.unbound_because = "PRRTE does not know which cores of the nodes are "
                                "this job's; --bind-to core binds all the same";
    }
}

} // namespace

void describe_server(const discover::Found &found, job::Allocation &offer,
                     Reasons &reasons) {
    offer.managed = found.managed;
    if (auto nodes = nodes_of(found); !nodes.empty()) offer.nodes = std::move(nodes);
    const auto &allocation = found.allocation;
    if (allocation) reasons.push_back({"allocation", summary(allocation)});
    if (allocation.components > 1)
        reasons.push_back({"allocation", discover::first_of(allocation)});
    if (!found.managed) return;
    offer.name = "the shared server";
    offer.cores = found.cores;
    offer.cores_source = "the server's rendezvous file";
    if (!serves_allocation(found)) return;
    offer.name = allocation.title();
    if (!found.ours && !allocation.cores.empty()) bind_on_dvm(allocation, offer);
    if (!allocation.cores.empty()) offer.cores_source = allocation.cores_source;
    if (allocation.ranks) offer.ranks_asked = allocation.ranks.value;
    offer.ranks_source = allocation.ranks.source;
    if (allocation.cores_per_rank) offer.cpus_per_rank = allocation.cores_per_rank.value;
    offer.cpus_source = allocation.cores_per_rank.source;
}

} // namespace px::launch
