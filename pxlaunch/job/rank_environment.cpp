// rank_environment.cpp - per-rank variables.
#include "pxlaunch/job/rank_environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace px::job {

namespace {

void add_gpu_masks(const std::vector<int> &gpus, Environment &env) {
    const auto list = fmt::format("{}", fmt::join(gpus, ","));
    for (const char *mask :
         {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"}) {
        set_variable(env, mask, list);
    }
    // Our numbers follow the PCI bus; CUDA's own default is "fastest first".
    set_variable(env, "CUDA_DEVICE_ORDER", "PCI_BUS_ID");
}

} // namespace

void add_mpi_settings(const RankFacts &facts, Environment &env) {
    const auto set_default = [&env](const char *name, const char *value) {
        if (!find_variable(env, name)) set_variable(env, name, value);
    };
    set_default(schizo_variable, schizo_of_a_job);
    // Open MPI 4 binds itself in MPI_Init unless it is told that somebody decided.
    if (!facts.bound) set_default("OMPI_MCA_hwloc_base_binding_policy", "none");
    if (facts.oversubscribed) set_default("OMPI_MCA_mpi_yield_when_idle", "1");
}

void add_rank_environment(const RankFacts &facts, Environment &env) {
    const auto number = [&env](const char *name, int value) {
        set_variable(env, name, fmt::format_int(value).str());
    };
    number("PXLAUNCH_RANK", facts.rank);
    number("PXLAUNCH_SIZE", facts.size);
    number("PXLAUNCH_LOCAL_RANK", facts.local_rank);
    number("PXLAUNCH_LOCAL_SIZE", facts.local_size);
    number("PXLAUNCH_NODE_RANK", facts.node);
    number("PXLAUNCH_NNODES", facts.nodes);
    number("PXLAUNCH_APP_RANK", facts.app_rank);
    set_variable(env, "PXLAUNCH_JOB", facts.job);
    if (!facts.server.empty()) set_variable(env, "PXLAUNCH_SERVER", facts.server);
    number("OMPI_COMM_WORLD_RANK", facts.rank);
    number("OMPI_COMM_WORLD_SIZE", facts.size);
    number("OMPI_COMM_WORLD_LOCAL_RANK", facts.local_rank);
    number("OMPI_COMM_WORLD_LOCAL_SIZE", facts.local_size);
    if (!facts.gpus.empty()) add_gpu_masks(facts.gpus, env);
    add_mpi_settings(facts, env);
}

} // namespace px::job
