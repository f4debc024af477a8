#pragma once
// Where every rank of a job goes: the mapper's answer, as plain numbers. CPU numbers are
// the operating system's numbers of hardware threads (PUs), always in rising order.

#include <string>
#include <vector>

namespace px::map {

struct RankPlace {
    int rank = 0;              // in the job
    int app = 0;               // index into Spec::apps
    int app_rank = 0;          // in its application
    int node = 0;              // index into the nodes that were given
    int local_rank = 0;        // on its node, among the job's ranks
    std::vector<int> cpus;     // bound to these; empty: not bound
    std::vector<int> reserved; // taken from the pool, bound or not; empty: oversubscribed
    std::vector<int>
        gpus; // nearest GPUs, as the vendor's mask numbers them; empty: no mask
};

struct Layout {
    std::vector<RankPlace> ranks; // by rank
    bool oversubscribed = false;  // more ranks than cores (or slots) on some node
};

} // namespace px::map
