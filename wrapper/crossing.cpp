// crossing.cpp - the lists.
#include "wrapper/crossing.h"

#include "pxlaunch/base/text.h"

#include <algorithm>
#include <array>

namespace px::wrapper {

namespace {

constexpr auto crosses = std::to_array<std::string_view>(
    {"PMIX_*", "PMI_*", "PRTE_*", "OMPI_*", "UCX_*", "OMP_*", "GOMP_*", "KMP_*",
     "MPICH_*", "MPIR_*", "FI_*", "NCCL_*", "PXLAUNCH_*",
     // Which devices are this rank's.
     "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
     "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK"});

// Where things are outside; choices that the runtime made for clients with its own
// library; and what lets its owner ask a server for more than a rank may.
constexpr auto stays = std::to_array<std::string_view>(
    {"PMIX_PREFIX", "PRTE_PREFIX", "OPAL_PREFIX", "OMPI_MCA_mca_base_component_path",
     "OMPI_MCA_mca_base_param_files", "PMIX_MCA_psec", "PMIX_MCA_gds", "PMIX_MCA_ptl",
     "PMIX_MCA_mca_base_component_path", "PXLAUNCH_RENDEZVOUS", "PXLAUNCH_URI",
     "PXWRAP_*"});

bool is_among(std::string_view name, const auto &patterns) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](std::string_view pattern) { return matches(pattern, name); });
}

std::string_view name_of(std::string_view entry) {
    return entry.substr(0, entry.find('='));
}

void apply(job::Environment &env, const job::Environment &own, const job::EnvEdit &edit) {
    if (edit.kind == job::EnvEdit::Kind::set)
        return job::set_variable(env, edit.name, edit.value);
    for (const std::string_view entry : own) {
        const auto name = name_of(entry);
        if (matches(edit.name, name) && name.size() < entry.size())
            job::set_variable(env, name, entry.substr(name.size() + 1));
    }
}

} // namespace

job::Environment crossing(const job::Environment &own, bool whole,
                          const std::vector<job::EnvEdit> &edits) {
    job::Environment env;
    for (const std::string_view entry : own) {
        const auto name = name_of(entry);
        const bool goes = whole || is_among(name, crosses);
        if (goes && name.size() < entry.size() && !is_among(name, stays))
            job::set_variable(env, name, entry.substr(name.size() + 1));
    }
    for (const auto &edit : edits) apply(env, own, edit);
    return env;
}

job::Environment inside(const job::Environment &of_image,
                        const job::Environment &crossing) {
    job::Environment env;
    for (const auto &entry : of_image) {
        const auto name = name_of(entry);
        // podman's own additions: the keeper's terminal and host.
        if (name == "TERM" || name == "HOSTNAME") continue;
        env.push_back(entry);
    }
    for (const std::string_view entry : crossing) {
        const auto name = name_of(entry);
        job::set_variable(env, name, entry.substr(name.size() + 1));
    }
    return env;
}

} // namespace px::wrapper
