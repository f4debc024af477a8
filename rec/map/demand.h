#pragma once
// What each application of a job asks of the nodes: counts, cpus, GPUs and hosts,
// resolved and free of contradictions before the first rank is placed.

#include "rec/map/mapper.h"

#include <map>

namespace px::map {

struct Demand {
    int np = 0;               // ranks; 0: as many as fit
    int cpus = 1;             // cpus that each rank takes
    bool cpus_given = false;  // by -c or PE=N: the rank is bound to all of them
    int gpus = 0;             // for each rank
    int per_node = 0;         // most ranks on a node; 0: no limit
    std::vector<int> nodes;   // indices, in the order in which they are used
    std::map<int, int> slots; // of a node, where --host NAME:SLOTS says so
};

// One Demand for each application of the Spec.
Result<std::vector<Demand>> resolve_demands(const std::vector<NodeView> &nodes,
                                            const job::Spec &spec);

// True if a "cpu" of this job is a hardware thread.
bool counts_hwthreads(const job::MapBy &map);

} // namespace px::map
