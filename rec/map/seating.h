#pragma once
// Mapping: a seat for every rank, on a node and an object of it, before ranks have
// numbers.

#include "rec/map/demand.h"
#include "rec/map/pool.h"

namespace px::map {

struct Seat {
    int app = 0;
    int node = 0;
    int object = 0;        // of the node's Pool::objects()
    std::vector<int> cpus; // of the node's Pool::cpus(), taken; empty: shared with others
};

struct Seating {
    std::vector<Pool> pools;  // one for each node
    std::vector<Seat> seats;  // in the order of mapping
    std::vector<bool> packed; // nodes with more ranks than cpus
    bool crowded = false;     // the job oversubscribes: no rank has cpus of its own
};

// A Seating in which every rank of every application has its seat. With `crowded`, cpus
// and slots are no limit: slots are filled first, and what is left is spread evenly.
Result<Seating> seat_ranks(const std::vector<NodeView> &nodes, const job::Spec &spec,
                           std::vector<Demand> demands, bool crowded);

// Two ranks of this application must not share a cpu.
bool needs_own_cpus(const job::Placement &placement, const Demand &demand);

} // namespace px::map
