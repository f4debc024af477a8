#pragma once
// The allocation that this process is in: its key, which separates one allocation's
// server from another's, its nodes and their cores, and what the job was asked to be, as
// far as the scheduler's variables tell.

#include "pxlaunch/discover/here.h"

namespace px::discover {

// A number of the scheduler's, and where it is from: "SLURM_NTASKS=6".
struct Told {
    int value = 0; // 0: it does not say
    std::string source;

    explicit operator bool() const { return value > 0; }
};

struct Allocation {
    std::string scheduler; // "slurm", "lsf", "pbs", "sge", "flux"; empty: no allocation
    std::string id;
    std::string variable; // where the id came from
    int nodes = 0;        // 0: not known
    bool off_node =
        false; // this shell is not on the allocation's nodes (salloc, login node)
    // In the scheduler's order; empty: not known. With `cores` a number for each node.
    std::vector<std::string> names;
    std::vector<int> cores;
    std::string cores_source; // "SLURM_JOB_CPUS_PER_NODE=4(x2)"
    bool whole_nodes = false; // for certain: nobody else has cores of them
    Told ranks;               // asked for, on all nodes
    Told cores_per_rank;
    int components = 1; // of a heterogeneous job, of which this is the first

    explicit operator bool() const { return !scheduler.empty(); }
    [[nodiscard]] std::string key() const { // "slurm:123", or "none"
        return scheduler.empty() ? "none" : scheduler + ":" + id;
    }
    [[nodiscard]] int all_cores() const; // 0: not known
    // For a server's --host: "n1:4", or "n1" where its cores are not known.
    [[nodiscard]] std::vector<std::string> hosts() const;
    [[nodiscard]] bool has_node(std::string_view host) const;
    [[nodiscard]] std::string title() const; // "Slurm job 4711"
};

Allocation find_allocation(const Here &here);

// "Slurm job 4711 has 2 components: processes run on the first, as with srun ...".
std::string first_of(const Allocation &allocation);

// The words of one scheduler; find_allocation() has seen that it is that one's.
Allocation slurm_allocation(const Here &here);
Allocation lsf_allocation(const Here &here);
Allocation pbs_allocation(const Here &here);
Allocation sge_allocation(const Here &here);

// The hardware threads of a core, by what `scontrol -o show node NAME` prints: 1 where
// the site counts cores as CPUs; 0: it does not say.
int threads_in(const std::string &node);

// A variable that is a number: 0 and no source where it is none.
Told told_by(const Here &here, const char *variable);

// Cores of so many hardware threads, at least one.
int cores_of(int threads, int threads_per_core);

} // namespace px::discover
