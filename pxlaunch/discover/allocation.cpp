// allocation.cpp - which scheduler's job we are in.
#include "pxlaunch/discover/allocation.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace px::discover {

namespace {

std::string short_name(std::string_view host) {
    return std::string(host.substr(0, host.find_first_of(".:")));
}

Allocation flux_allocation(const Here &here) {
    Allocation found{"flux", here.get("FLUX_JOB_ID"), "FLUX_JOB_ID"};
    found.nodes = told_by(here, "FLUX_JOB_NNODES").value;
    found.ranks = told_by(here, "FLUX_JOB_SIZE");
    return found;
}

Allocation read_variables(const Here &here) {
    if (here.has("SLURM_JOB_ID")) return slurm_allocation(here);
    if (here.has("LSB_JOBID")) return lsf_allocation(here);
    if (here.has("PBS_JOBID")) return pbs_allocation(here);
    // JOB_ID alone is a name that many scripts use for their own ends.
    if (here.has("JOB_ID") && (here.has("SGE_ROOT") || here.has("PE")))
        return sge_allocation(here);
    if (here.has("FLUX_JOB_ID")) return flux_allocation(here);
    return {};
}

} // namespace

Told told_by(const Here &here, const char *variable) {
    const std::string &text = here.get(variable);
    const auto value = parse_number(text, 100'000'000);
    if (!value || *value == 0) return {};
    return {static_cast<int>(*value), fmt::format("{}={}", variable, text)};
}

int cores_of(int threads, int threads_per_core) {
    return std::max(1, (threads + threads_per_core - 1) / threads_per_core);
}

int Allocation::all_cores() const {
    return std::accumulate(cores.begin(), cores.end(), 0);
}

std::vector<std::string> Allocation::hosts() const {
    std::vector<std::string> all = names;
    for (std::size_t i = 0; i < cores.size() && i < all.size(); ++i)
        all[i] += fmt::format(":{}", cores[i]);
    return all;
}

bool Allocation::has_node(std::string_view host) const {
    return std::any_of(names.begin(), names.end(), [&](const std::string &each) {
        return short_name(each) == short_name(host);
    });
}

std::string Allocation::title() const {
    const char *name = scheduler == "slurm"  ? "Slurm"
                       : scheduler == "flux" ? "Flux"
                       : scheduler == "lsf"  ? "LSF"
                       : scheduler == "pbs"  ? "PBS"
                                             : "Grid Engine";
    return fmt::format("{} job {}", name, id);
}

std::string first_of(const Allocation &allocation) {
    return fmt::format(
        "{} has {} components: processes run on the first, as with srun (SLURM_HET_SIZE)",
        allocation.title(), allocation.components);
}

Allocation find_allocation(const Here &here) {
    Allocation found = read_variables(here);
    // One number for each node, or none.
    if (found.cores.size() != found.names.size()) found.cores.clear();
    if (found.nodes == 0) found.nodes = static_cast<int>(found.names.size());
    return found;
}

} // namespace px::discover
