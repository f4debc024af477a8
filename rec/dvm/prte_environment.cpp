// prte_environment.cpp - what of our environment is for the DVM.
#include "pxlaunch/base/text.h"
#include "pxlaunch/job/border.h"
#include "rec/dvm/prte.h"

#include <algorithm>
#include <array>

namespace px::dvm {

namespace {

// What srun needs to find its job; the other variables describe the job or a step to
// programs, and srun would take them for options.
constexpr std::array of_slurm = {
    "SLURM_JOB_ID",       "SLURM_JOBID",           "SLURM_CONF", "SLURM_CONF_SERVER",
    "SLURM_CLUSTER_NAME", "SLURM_WORKING_CLUSTER", "SLURM_JWT",  "SLURM_NETWORK"};

bool is_kept(std::string_view entry, Daemons daemons) {
    // Another server's address, or a step's, is not the DVM's.
    if (entry.starts_with("PMIX_") || entry.starts_with("PMI_")) return false;
    const bool slurms = entry.starts_with("SLURM_") || entry.starts_with("SRUN_");
    // With none of its variables PRRTE does not see the scheduler: the nodes are named.
    if (daemons == Daemons::by_ssh)
        return !slurms && !entry.starts_with("LSB_") && !entry.starts_with("PBS_");
    const auto name = entry.substr(0, entry.find('='));
    return !slurms || std::find(of_slurm.begin(), of_slurm.end(), name) != of_slurm.end();
}

} // namespace

std::vector<std::string> prte_environment(const PrteSettings &settings,
                                          const std::vector<std::string> &own) {
    job::Environment env;
    std::copy_if(own.begin(), own.end(), std::back_inserter(env),
                 [&](const auto &entry) { return is_kept(entry, settings.daemons); });
    if (settings.daemons == Daemons::by_ssh) {
        const auto others = job::find_variable(env, "TMPDIR");
        job::set_variable(env, job::tmpdir_around, std::string(others.value_or("")));
        job::set_variable(env, "TMPDIR", settings.directory); // see prte_command()
        return env;
    }
    std::vector<std::string> names, slots;
    for (const auto &host : settings.hosts) {
        names.push_back(name_of(host));
        slots.push_back(std::to_string(slots_of({host})));
    }
    const std::string count = std::to_string(names.size());
    for (const char *name : {"SLURM_JOB_NODELIST", "SLURM_NODELIST"})
        job::set_variable(env, name, join(names, ","));
    for (const char *name : {"SLURM_JOB_NUM_NODES", "SLURM_NNODES"})
        job::set_variable(env, name, count);
    job::set_variable(env, "SLURM_TASKS_PER_NODE", join(slots, ","));
    // The daemons' step owns no core: without this 3.0.8 takes them all, and the next
    // srun waits for ever.
    job::set_variable(env, "SLURM_OVERLAP", "1");
    return env;
}

} // namespace px::dvm
