// allocation.cpp - which scheduler's job we are in.
#include "pxlaunch/discover/allocation.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <cctype>
#include <set>

namespace px::discover {

namespace {

int number(const std::string &text) {
    const auto value = parse_number(text, 10'000'000);
    return value ? static_cast<int>(*value) : 0;
}

// Different first words of the lines of a host file; 0 if it cannot be read.
int hosts_in(const std::string &path) {
    if (path.empty()) return 0;
    const auto text = read_file(path, 16 << 20);
    if (!text) return 0;
    std::set<std::string> hosts;
    for (const auto &line : split(*text, '\n')) {
        const std::string host = line.substr(0, line.find_first_of(" \t\r"));
        if (!host.empty()) hosts.insert(host);
    }
    return static_cast<int>(hosts.size());
}

// LSB_MCPU_HOSTS: "host1 4 host2 4".
int hosts_in_pairs(const std::string &text) {
    std::set<std::string> hosts;
    bool is_host = true;
    for (const auto &word : split(text, ' ')) {
        if (word.empty()) continue;
        if (is_host) hosts.insert(word);
        is_host = !is_host;
    }
    return static_cast<int>(hosts.size());
}

std::string short_name(const std::string &host) { return host.substr(0, host.find('.')); }

bool is_one_name(const std::string &list) {
    return !list.empty() && list.find_first_of(",[") == std::string::npos;
}

Allocation slurm(const Here &here) {
    Allocation found{"slurm", here.get("SLURM_JOB_ID"), "SLURM_JOB_ID"};
    found.nodes = number(here.get("SLURM_JOB_NUM_NODES"));
    if (found.nodes == 0) found.nodes = number(here.get("SLURM_NNODES"));
    const std::string &list = here.get("SLURM_JOB_NODELIST");
    if (is_one_name(list)) found.node = list;
    if (found.nodes == 0 && !found.node.empty()) found.nodes = 1;
    // slurmd sets SLURMD_NODENAME in all that it starts; a shell of salloc on a login
    // node has only the allocation's variables.
    found.off_node = !here.has("SLURMD_NODENAME") && !found.node.empty() &&
                     short_name(found.node) != short_name(here.host);
    return found;
}

Allocation lsf(const Here &here) {
    Allocation found{"lsf", here.get("LSB_JOBID"), "LSB_JOBID"};
    found.nodes = hosts_in_pairs(here.get("LSB_MCPU_HOSTS"));
    if (found.nodes == 0) found.nodes = hosts_in(here.get("LSB_DJOB_HOSTFILE"));
    return found;
}

Allocation pbs(const Here &here) {
    Allocation found{"pbs", here.get("PBS_JOBID"), "PBS_JOBID"};
    found.nodes = hosts_in(here.get("PBS_NODEFILE"));
    if (found.nodes == 0) found.nodes = number(here.get("PBS_NUM_NODES"));
    return found;
}

Allocation sge(const Here &here) {
    Allocation found{"sge", here.get("JOB_ID"), "JOB_ID"};
    found.nodes = number(here.get("NHOSTS"));
    if (found.nodes == 0) found.nodes = hosts_in(here.get("PE_HOSTFILE"));
    return found;
}

Allocation flux(const Here &here) {
    Allocation found{"flux", here.get("FLUX_JOB_ID"), "FLUX_JOB_ID"};
    found.nodes = number(here.get("FLUX_JOB_NNODES"));
    return found;
}

} // namespace

Allocation find_allocation(const Here &here) {
    if (here.has("SLURM_JOB_ID")) return slurm(here);
    if (here.has("LSB_JOBID")) return lsf(here);
    if (here.has("PBS_JOBID")) return pbs(here);
    // JOB_ID alone is a name that many scripts use for their own ends.
    if (here.has("JOB_ID") && (here.has("SGE_ROOT") || here.has("PE"))) return sge(here);
    if (here.has("FLUX_JOB_ID")) return flux(here);
    return {};
}

} // namespace px::discover
