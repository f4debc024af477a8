// rank_environment.cpp - per-rank variables.
#include "rec/jobs/rank_environment.h"

#include "rec/jobs/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace px::jobs {

void set_variable(std::vector<std::string> &env, const std::string &name,
                  const std::string &value) {
    const std::string start = name + "=";
    const auto found =
        std::find_if(env.begin(), env.end(), [&start](const std::string &entry) {
            return entry.starts_with(start);
        });
    if (found == env.end()) {
        env.push_back(start + value);
    } else {
        *found = start + value;
    }
}

namespace {

std::string list(const std::vector<int> &numbers) {
    return fmt::format("{}", fmt::join(numbers, ","));
}

struct Counts {
    int local_size = 0, nodes = 0;
};

Counts count(const Job &job, int node) {
    std::set<int> nodes;
    Counts counts;
    for (const auto &place : job.layout.ranks) {
        nodes.insert(place.node);
        if (place.node == node) ++counts.local_size;
    }
    counts.nodes = static_cast<int>(nodes.size());
    return counts;
}

void add_mpi_settings(const Job &job, const map::RankPlace &place,
                      std::vector<std::string> &env) {
    const auto set_default = [&env](const char *name, const char *value) {
        if (variable(env, name) == nullptr) set_variable(env, name, value);
    };
    // Open MPI 4.1: without it every rank decides to be a singleton under a server that
    // is not ORTE (orte/mca/schizo/orte).
    set_default("OMPI_MCA_schizo", "^orte");
    // Open MPI 4 binds itself in MPI_Init unless it is told that somebody decided.
    if (place.cpus.empty()) set_default("OMPI_MCA_hwloc_base_binding_policy", "none");
    if (job.layout.oversubscribed) set_default("OMPI_MCA_mpi_yield_when_idle", "1");
}

} // namespace

void add_rank_environment(const Job &job, int rank, std::vector<std::string> &env) {
    const auto &place = job.layout.ranks[static_cast<std::size_t>(rank)];
    const Counts counts = count(job, place.node);
    const auto number = [&env](const char *name, int value) {
        set_variable(env, name, fmt::format_int(value).str());
    };
    number("PXLAUNCH_RANK", rank);
    number("PXLAUNCH_SIZE", static_cast<int>(job.layout.ranks.size()));
    number("PXLAUNCH_LOCAL_RANK", place.local_rank);
    number("PXLAUNCH_LOCAL_SIZE", counts.local_size);
    number("PXLAUNCH_NODE_RANK", place.node);
    number("PXLAUNCH_NNODES", counts.nodes);
    number("PXLAUNCH_APP_RANK", place.app_rank);
    set_variable(env, "PXLAUNCH_JOB", job.nspace);
    number("OMPI_COMM_WORLD_RANK", rank);
    number("OMPI_COMM_WORLD_SIZE", static_cast<int>(job.layout.ranks.size()));
    number("OMPI_COMM_WORLD_LOCAL_RANK", place.local_rank);
    number("OMPI_COMM_WORLD_LOCAL_SIZE", counts.local_size);
    if (!place.gpus.empty()) {
        for (const char *mask :
             {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"}) {
            set_variable(env, mask, list(place.gpus));
        }
        // Our numbers follow the PCI bus; CUDA's own default is "fastest first".
        set_variable(env, "CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    }
    add_mpi_settings(job, place, env);
}

} // namespace px::jobs
