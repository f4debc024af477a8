// srun.cpp - the command line, the environment, and the hostfile.
#include "rec/bridge/srun.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace px::bridge {

namespace {

// All other SLURM_* are options of srun, or of the step or the shell that we run in.
constexpr std::array kept = std::to_array<std::string_view>({
    "SLURM_CONF=", "SLURM_CONF_SERVER=", "SLURM_JWT=", "SLURM_DEBUG_FLAGS=",
    "SLURM_CLUSTERS=",
    "SLURM_NETWORK=", // of the job, as a Slingshot fabric needs it
    "SLURM_PMIX_FENCE=",
    "SLURM_HET_SIZE=", // without it srun starts nothing in a heterogeneous job
});

bool is_for_srun(const std::string &entry) {
    for (const char *prefix : {"SRUN_", "PMIX_", "PMI_", "PXWRAP_", "PXLAUNCH_"}) {
        if (entry.starts_with(prefix)) return false;
    }
    return !entry.starts_with("SLURM") ||
           std::any_of(kept.begin(), kept.end(),
                       [&entry](auto name) { return entry.starts_with(name); });
}

} // namespace

std::vector<std::string> srun_argv(const StepOrder &order) {
    std::vector<std::string> argv{
        "srun",
        "--jobid=" + order.slurm_job,
        "--job-name=" + order.name,
        fmt::format("--ntasks={}", order.ranks),
        "--distribution=arbitrary", // by SLURM_HOSTFILE
        "--overlap",                // our pool gives out the cores
        "--cpu-bind=none",          // the shims bind themselves
        "--mpi=pmix",
        "--export=ALL", // not what sbatch --export=NONE has left in the environment
        "--input=none",
        "--kill-on-bad-exit=0", // the judge decides
        "--wait=0",
        "--chdir=/", // a directory that is missing on a node is the shim's to report
    };
    if (order.oversubscribed) argv.emplace_back("--overcommit");
    argv.push_back(order.program);
    return argv;
}

std::vector<std::string> srun_environment(const std::vector<std::string> &own,
                                          const std::vector<std::string> &ranks) {
    std::vector<std::string> environment;
    std::copy_if(own.begin(), own.end(), std::back_inserter(environment), is_for_srun);
    environment.insert(environment.end(), ranks.begin(), ranks.end());
    return environment;
}

std::string hostfile_text(const map::Layout &layout,
                          const std::vector<std::string> &nodes) {
    std::string text;
    for (const auto &rank : layout.ranks)
        (text += nodes[static_cast<std::size_t>(rank.node)]) += '\n';
    return text;
}

} // namespace px::bridge
