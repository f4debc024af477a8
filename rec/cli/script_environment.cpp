// script_environment.cpp - the PXLAUNCH_ variables of scripts.
#include "rec/cli/script_environment.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/job/rank_variables.h"
#include "rec/cli/script.h"
#include "rec/map/topology.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::rec {

namespace {

// Schedulers set the variable in other jobs too, to a word or to 0.
std::string array_index(const discover::Here &here) {
    for (const char *name : {"SLURM_ARRAY_TASK_ID", "PBS_ARRAY_INDEX", "PBS_ARRAYID",
                             "LSB_JOBINDEX", "SGE_TASK_ID"}) {
        const std::string &value = here.get(name);
        if (value.empty() || value == "undefined") continue;
        if (value == "0" && std::string_view(name) == "LSB_JOBINDEX") continue;
        return value;
    }
    return {};
}

bool is_of_another(const std::string &name) {
    const auto in = [&name](const auto &names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    return name.starts_with("PMIX_") || name.starts_with("PMI_") ||
           name.starts_with("PRTE_") || in(job::rank_variables) ||
           in(job::script_variables);
}

} // namespace

Variables script_variables(const discover::Here &here, const discover::Rendezvous &server,
                           const std::string &document, int gpus) {
    const auto allocation = discover::find_allocation(here);
    const std::string id = allocation ? allocation.id : std::to_string(server.owner.pid);
    auto nodes = server.nodes;
    if (nodes.empty()) nodes.push_back(server.owner.host);
    const int count = static_cast<int>(nodes.size());
    Variables all = {{"PXLAUNCH_URI", script_uri(document)},
                     {"PXLAUNCH_NNODES", std::to_string(count)},
                     {"PXLAUNCH_NODELIST", join(nodes, ",")},
                     {"PXLAUNCH_CORES_PER_NODE", std::to_string(server.cores / count)},
                     {"PXLAUNCH_GPUS_PER_NODE", std::to_string(gpus)},
                     {"PXLAUNCH_JOB_ID", id}};
    const std::string index = array_index(here);
    if (!index.empty()) all.emplace_back("PXLAUNCH_ARRAY_INDEX", index);
    return all;
}

job::Environment script_environment(const discover::Here &here,
                                    const Variables &variables) {
    job::Environment environment;
    for (const auto &[name, value] : here.env) {
        if (!is_of_another(name))
            environment.push_back(fmt::format("{}={}", name, value));
    }
    for (const auto &[name, value] : variables)
        job::set_variable(environment, name, value);
    return environment;
}

int count_gpus() {
    const auto topology = map::Topology::load_this_machine(map::Devices::find);
    return topology ? static_cast<int>(topology->gpus().size()) : 0;
}

} // namespace px::rec
