#pragma once
// How many ranks and where, when the command line does not say: the one place where a
// count is decided. Every decision leaves a Reason.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/base/result.h"
#include "pxlaunch/job/spec.h"

#include <optional>
#include <string>
#include <vector>

namespace px::job {

// What the chosen server offers. The default value is "no allocation: this node,
// unmanaged".
struct Allocation {
    bool managed = false; // cores are given out by somebody: a pool, a batch system
    std::string name;     // "the server of pxrec up"; empty: no allocation
    std::vector<std::string> nodes; // their names; empty: this node, its name not known
    int cores = 0;                  // on all nodes; 0: not known
    std::string cores_source; // "hwloc", "SLURM_JOB_CPUS_PER_NODE in the environment"
    std::optional<int> ranks_asked;
    std::string ranks_source;
    std::optional<int> cpus_per_rank;
    std::string cpus_source;
    // For a server that binds as it is told and by itself not at all.
    bool slots_are_cores = false;
    std::vector<int> node_cores; // with slots_are_cores: of each of `nodes`
    std::string unbound_because; // it would not bind to our cores; empty: it would

    [[nodiscard]] int node_count() const {
        return nodes.empty() ? 1 : static_cast<int>(nodes.size());
    }
};

// What was given, as far as it decides where: nullopt and empty mean not given.
struct Asked {
    std::optional<MapBy> map;
    std::optional<RankBy> rank;
    std::optional<BindTo> bind;
    std::optional<int> nodes;          // --nodes
    std::vector<std::string> excluded; // --exclude
    bool oversubscribe = false, nolocal = false;
};

// Fills np, cpus_per_rank, hosts and placement of `spec`, whose applications carry what
// was given for each. Returns everything that is wrong.
std::vector<Error> complete(Spec &spec, const Asked &asked, const Allocation &allocation,
                            Reasons &reasons);

} // namespace px::job
