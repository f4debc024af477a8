// allocation_slurm.cpp - the job that sbatch or salloc made, also from inside its steps.
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/slurm_lists.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::discover {

namespace {

// Slurm gives out CPUs, which are hardware threads unless the site has said otherwise:
// where what it gave us here is as many as we may use cores, it has.
int threads_per_core(const Here &here) {
    const auto &cpus = here.cpus;
    const int given = told_by(here, "SLURM_CPUS_ON_NODE").value;
    const bool counts_cores = given == cpus.cores && given != cpus.threads;
    return counts_cores ? 1 : cpus.threads_per_core;
}

// With --hint=nomultithread a task's CPUs are cores, whatever the node has.
bool one_thread_each(const Here &here) {
    return here.get("SLURM_HINT") == "nomultithread" ||
           here.get("SLURM_THREADS_PER_CORE") == "1";
}

std::string converted(const std::string &source, int threads) {
    return threads == 1 ? source
                        : fmt::format("{}, {} hardware threads a core", source, threads);
}

// Inside a step the variables about tasks are the step's, those with JOB in their name
// are the job's.
bool in_step(const Here &here) { return here.has("SLURM_STEP_ID"); }

Told ranks_of(const Here &here, int nodes) {
    if (!in_step(here)) {
        for (const char *name : {"SLURM_NTASKS", "SLURM_NPROCS"}) {
            if (const Told told = told_by(here, name)) return told;
        }
    }
    Told each = told_by(here, "SLURM_NTASKS_PER_NODE");
    if (!each || nodes == 0) return {};
    return {each.value * nodes, fmt::format("{} on {} nodes", each.source, nodes)};
}

Told cores_per_rank(const Here &here) {
    Told told = told_by(here, "SLURM_CPUS_PER_TASK");
    if (!told || one_thread_each(here)) return told;
    const int threads = threads_per_core(here);
    return {cores_of(told.value, threads), converted(told.source, threads)};
}

void read_cores(const Here &here, Allocation &found) {
    const std::string &list = here.get("SLURM_JOB_CPUS_PER_NODE");
    const auto counts = expand_counts(list);
    if (!counts) return;
    const int threads = threads_per_core(here);
    for (const int count : *counts) found.cores.push_back(cores_of(count, threads));
    found.cores_source = converted("SLURM_JOB_CPUS_PER_NODE=" + list, threads);
}

// As far as this node tells, whose like the others are taken to be.
bool has_whole_nodes(const Here &here, const Allocation &found) {
    const Cpus &cpus = here.cpus;
    return !found.off_node && cpus.threads > 0 && cpus.threads == cpus.online &&
           !found.cores.empty() &&
           std::all_of(found.cores.begin(), found.cores.end(),
                       [&cpus](int cores) { return cores >= cpus.cores; });
}

} // namespace

Allocation slurm_allocation(const Here &here) {
    Allocation found{"slurm", here.get("SLURM_JOB_ID"), "SLURM_JOB_ID"};
    if (auto names = expand_nodes(here.get("SLURM_JOB_NODELIST")))
        found.names = std::move(*names);
    found.nodes = static_cast<int>(found.names.size());
    for (const char *name : {"SLURM_JOB_NUM_NODES", "SLURM_NNODES"}) {
        if (found.nodes == 0) found.nodes = told_by(here, name).value;
    }
    read_cores(here, found);
    found.ranks = ranks_of(here, found.nodes);
    found.cores_per_rank = cores_per_rank(here);
    // slurmd sets SLURMD_NODENAME in all that it starts; a shell of salloc on a login
    // node has only the allocation's variables.
    found.off_node = !here.has("SLURMD_NODENAME") && !found.names.empty() &&
                     !found.has_node(here.host);
    found.whole_nodes = has_whole_nodes(here, found);
    return found;
}

} // namespace px::discover
