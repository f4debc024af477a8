// border.cpp - packing, and what is around it.
#include "pxlaunch/job/border.h"

#include "pxlaunch/base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace px::job {

namespace {

constexpr std::string_view prefix = "PXWRAP_ENV_";
constexpr std::string_view mark = "PXWRAP_PACKED"; // an environment may be empty

constexpr auto of_job = std::to_array<std::string_view>(
    {"PMIX_*", "PMI_*", "PRTE_*", "OMPI_*", "UCX_*", "OMP_*", "GOMP_*", "KMP_*",
     "MPICH_*", "MPIR_*", "FI_*", "NCCL_*", "PXLAUNCH_*",
     // Which devices are this rank's.
     "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
     "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK"});

} // namespace

bool belongs_to_job(std::string_view name) {
    return std::any_of(of_job.begin(), of_job.end(),
                       [&](std::string_view pattern) { return matches(pattern, name); });
}

Environment packed(const Environment &env) {
    Environment all{std::string(mark) + "=1"};
    for (const auto &entry : env) all.push_back(std::string(prefix) + entry);
    return all;
}

bool is_packed(const Environment &env) { return find_variable(env, mark).has_value(); }

Environment unpacked(const Environment &env) {
    Environment inner;
    for (const auto &entry : env) {
        if (entry.starts_with(prefix)) inner.push_back(entry.substr(prefix.size()));
    }
    return inner;
}

void add_surroundings(Environment &env, const char *const *own) {
    if (!is_packed(env)) return;
    const Environment given = env;
    std::optional<std::string> tmpdir;
    for (auto entry = own; *entry != nullptr; ++entry) {
        if (const std::string_view text = *entry; text.starts_with(tmpdir_around))
            tmpdir = text.substr(text.find('=') + 1);
    }
    if (tmpdir && !tmpdir->empty()) set_variable(env, "TMPDIR", *tmpdir);
    for (; *own != nullptr; ++own) {
        const std::string_view entry = *own, name = entry.substr(0, entry.find('='));
        const bool is_private = name.starts_with("PXWRAP_") || belongs_to_job(name) ||
                                (tmpdir && name == "TMPDIR");
        if (!is_private && !is_never_forwarded(name) && !find_variable(given, name))
            env.emplace_back(entry);
    }
}

} // namespace px::job
