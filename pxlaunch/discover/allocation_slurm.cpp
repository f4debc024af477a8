// allocation_slurm.cpp - the job that sbatch or salloc made, also from inside its steps.
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/slurm_lists.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::discover {

namespace {

// slurmd sets SLURMD_NODENAME in all that it starts; a shell of salloc on a login node
// has only the allocation's variables.
bool is_off_node(const Here &here, const Allocation &found) {
    return !here.has("SLURMD_NODENAME") && !found.names.empty() &&
           !found.has_node(here.host);
}

// Slurm gives out CPUs, which are hardware threads unless the site has said otherwise:
// where what it gave us here is as many as we may use cores, it has.
int threads_per_core(const Here &here) {
    if (here.slurm_threads > 0) return here.slurm_threads;
    const int given = told_by(here, "SLURM_CPUS_ON_NODE").value;
    return given == here.cpus.cores ? 1 : here.cpus.threads_per_core;
}

// With --hint=nomultithread a task's CPUs are cores, whatever the node has.
bool one_thread_each(const Here &here) {
    return here.get("SLURM_HINT") == "nomultithread" ||
           here.get("SLURM_THREADS_PER_CORE") == "1";
}

std::string converted(const std::string &source, int threads, bool guessed) {
    if (threads == 1 && !guessed) return source;
    return fmt::format("{}, {} hardware thread{} a core{}", source, threads,
                       threads == 1 ? "" : "s", guessed ? " as on this node" : "");
}

// Inside a step the variables about tasks are the step's, those with JOB in their name
// are the job's; and so is SLURM_NTASKS_PER_NODE.
bool in_step(const Here &here) { return here.has("SLURM_STEP_ID"); }

// Inside a step, where srun -c has overwritten it: so many for each of the job's tasks
// are just the CPUs that the job has, in whole cores.
bool is_jobs(int cpus_per_task, const Here &here, int threads) {
    if (!in_step(here)) return true;
    const int wanted = cpus_per_task * told_by(here, "SLURM_NTASKS_PER_NODE").value;
    const auto counts = expand_counts(here.get("SLURM_JOB_CPUS_PER_NODE"));
    return counts && std::all_of(counts->begin(), counts->end(), [&](int count) {
               return wanted <= count && wanted > count - threads;
           });
}

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

Told cores_per_rank(const Here &here, bool guessed) {
    Told told = told_by(here, "SLURM_CPUS_PER_TASK");
    const int threads = threads_per_core(here);
    if (told && !is_jobs(told.value, here, threads))
        return {0, told.source + " may be this step's, and is not taken"};
    if (!told || one_thread_each(here)) return told;
    return {cores_of(told.value, threads), converted(told.source, threads, guessed)};
}

void read_cores(const Here &here, bool guessed, Allocation &found) {
    const std::string &list = here.get("SLURM_JOB_CPUS_PER_NODE");
    const auto counts = expand_counts(list);
    if (!counts) return;
    const int threads = threads_per_core(here);
    for (const int count : *counts) found.cores.push_back(cores_of(count, threads));
    found.cores_source = converted("SLURM_JOB_CPUS_PER_NODE=" + list, threads, guessed);
}

// As far as this node tells, whose like the others are taken to be.
bool has_whole_nodes(const Here &here, const Allocation &found) {
    const Cpus &cpus = here.cpus;
    return !found.off_node && cpus.threads > 0 && cpus.threads == cpus.online &&
           !found.cores.empty() &&
           std::all_of(found.cores.begin(), found.cores.end(),
                       [&cpus](int cores) { return cores >= cpus.cores; });
}

int number_after(const std::string &text, std::string_view name) {
    const auto at = text.find(name);
    if (at == std::string::npos) return 0;
    const auto first = at + name.size();
    const auto number = parse_number(
        text.substr(first, text.find_first_not_of("0123456789", first) - first));
    return number ? static_cast<int>(*number) : 0;
}

} // namespace

int threads_in(const std::string &node) {
    const int cores =
        number_after(node, " Sockets=") * number_after(node, " CoresPerSocket=");
    const int threads = number_after(node, " ThreadsPerCore=");
    const int cpus = number_after(node, " CPUTot=");
    if (cores == 0 || threads == 0 || cpus == 0) return 0;
    return cpus == cores ? 1 : threads;
}

Allocation slurm_allocation(const Here &here) {
    Allocation found{"slurm", here.get("SLURM_JOB_ID"), "SLURM_JOB_ID"};
    if (auto names = expand_nodes(here.get("SLURM_JOB_NODELIST")))
        found.names = std::move(*names);
    found.nodes = static_cast<int>(found.names.size());
    for (const char *name : {"SLURM_JOB_NUM_NODES", "SLURM_NNODES"}) {
        if (found.nodes == 0) found.nodes = told_by(here, name).value;
    }
    found.off_node = is_off_node(here, found);
    const bool guessed = found.off_node && here.slurm_threads == 0;
    read_cores(here, guessed, found);
    found.ranks = ranks_of(here, found.nodes);
    found.cores_per_rank = cores_per_rank(here, guessed);
    found.components = std::max(1, told_by(here, "SLURM_HET_SIZE").value);
    found.whole_nodes = has_whole_nodes(here, found);
    return found;
}

} // namespace px::discover
