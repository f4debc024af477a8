// crossing.cpp - the lists.
#include "wrapper/crossing.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/job/border.h"
#include "pxlaunch/job/rank_environment.h"

#include <algorithm>
#include <array>

namespace px::wrapper {

namespace {

// Where things are outside; choices that the runtime made for clients with its own
// library; and what lets its owner ask a server for more than a rank may.
constexpr auto stays = std::to_array<std::string_view>(
    {"PMIX_PREFIX", "PRTE_PREFIX", "OPAL_PREFIX", "OMPI_MCA_mca_base_component_path",
     "OMPI_MCA_mca_base_param_files", "PMIX_MCA_psec", "PMIX_MCA_gds", "PMIX_MCA_ptl",
     "PMIX_MCA_mca_base_component_path", "PXLAUNCH_RENDEZVOUS", "PXLAUNCH_URI",
     "PXWRAP_*"});

bool may_cross(std::string_view name) {
    return std::none_of(stays.begin(), stays.end(),
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

// What a launcher inside, by the spelling of 2022, hands on to the pxwrap of its ranks.
bool is_of_2022(std::string_view name) {
    return name == "MPI_IMAGE" || name == "CONTAINER_ARGS";
}

job::Environment of_node(const job::Environment &own, bool (*goes)(std::string_view),
                         const std::vector<job::EnvEdit> &edits) {
    job::Environment env;
    for (const std::string_view entry : own) {
        const auto name = name_of(entry);
        if (goes(name) && name.size() < entry.size() && may_cross(name))
            job::set_variable(env, name, entry.substr(name.size() + 1));
    }
    for (const auto &edit : edits) apply(env, own, edit);
    return env;
}

job::Environment unpacked_crossing(const job::Environment &own, bool whole,
                                   const std::vector<job::EnvEdit> &edits) {
    if (whole)
        return of_node(
            own, [](std::string_view) { return true; }, edits);
    return of_node(
        own,
        [](std::string_view name) {
            return job::belongs_to_job(name) || is_of_2022(name);
        },
        edits);
}

job::Environment packed_crossing(const job::Environment &own, bool whole,
                                 const std::vector<job::EnvEdit> &edits) {
    const auto script = job::unpacked(own);
    auto env = whole ? script : of_node(script, job::belongs_to_job, edits);
    // The runtime has numbered the rank and chosen its devices; it has defaults for MPI.
    for (const std::string_view entry : of_node(own, job::belongs_to_job, {})) {
        const auto name = name_of(entry);
        if (!name.starts_with("OMPI_MCA_") || !job::find_variable(env, name))
            job::set_variable(env, name, entry.substr(name.size() + 1));
    }
    return env;
}

// For a rank that was started without pxlaunch, by PRRTE's or Slurm's own commands.
void add_mpi_default(job::Environment &env) {
    const auto has = [&env](const char *name) {
        return job::find_variable(env, name).has_value();
    };
    // mpirun of Open MPI 4.1 is ORTE itself.
    const bool is_ours = has("PMIX_RANK") && !has("OMPI_MCA_orte_local_daemon_uri");
    if (is_ours && !has(job::schizo_variable))
        job::set_variable(env, job::schizo_variable, job::schizo_of_a_job);
}

} // namespace

job::Environment crossing(const job::Environment &own, bool whole,
                          const std::vector<job::EnvEdit> &edits) {
    auto env = job::is_packed(own) ? packed_crossing(own, whole, edits)
                                   : unpacked_crossing(own, whole, edits);
    add_mpi_default(env);
    return env;
}

job::Environment around(const job::Environment &own) {
    job::Environment env;
    for (const auto &entry : own) {
        if (!entry.starts_with("PXWRAP_")) env.push_back(entry);
    }
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
