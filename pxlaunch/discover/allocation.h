#pragma once
// The allocation that this process is in: its key, which separates one allocation's
// server from another's, and its nodes as far as the scheduler's variables tell.

#include "pxlaunch/discover/here.h"

namespace px::discover {

struct Allocation {
    std::string scheduler; // "slurm", "lsf", "pbs", "sge", "flux"; empty: no allocation
    std::string id;
    std::string variable; // where the id came from
    int nodes = 0;        // 0: not known
    bool off_node =
        false;        // this shell is not on the allocation's nodes (salloc, login node)
    std::string node; // the only node, where there is one and its name is known

    explicit operator bool() const { return !scheduler.empty(); }
    [[nodiscard]] std::string key() const { // "slurm:123", or "none"
        return scheduler.empty() ? "none" : scheduler + ":" + id;
    }
};

Allocation find_allocation(const Here &here);

} // namespace px::discover
