// foreign.cpp - the words, and what went wrong with them.
#include "pxlaunch/tool/foreign.h"

#include "pxlaunch/pmix/settings.h"

#include <fmt/format.h>
#include <pmix_common.h>

namespace px::tool {

namespace {

job::MapBy foreign_map(const job::Spec &spec) {
    job::MapBy map = spec.placement.map;
    const job::App &first = spec.apps.front();
    if (map.object == job::Object::slot && map.per_object == 0 && first.per_node > 0) {
        map.object = job::Object::node;
        map.per_object = first.per_node;
    }
    if (map.cpus == 0 && !map.pe_list) map.cpus = first.cpus_per_rank;
    return map;
}

// A bind word that it does not know ends PRRTE 3.0.14, and one that it cannot carry out
// fails the job.
job::BindTo foreign_bind(job::BindTo bind, const job::MapBy &map) {
    if (bind.none) return bind;
    if (bind.object == job::Object::slot) {
        const bool cpus_asked_for = map.cpus > 0 || map.pe_list;
        bind.none = !cpus_asked_for;
        if (cpus_asked_for) bind.object = job::Object::core;
    }
    // Whoever allows more ranks than slots allows more ranks than cores.
    if (!bind.none && map.oversubscribe.value_or(false)) bind.overload_allowed = true;
    return bind;
}

Error not_placed(const job::Placement &placement) {
    const auto map = job::to_string(placement.map), bind = job::to_string(placement.bind);
    Error error = cannot_run(
        fmt::format("the server cannot place the job (--map-by {} --rank-by {} --bind-to "
                    "{}): too few free slots, no such node or object, or words that it "
                    "does not combine",
                    map, job::to_string(placement.rank), bind),
        "ask for fewer ranks, or allow more of them than slots with --oversubscribe");
    if (!placement.bind.none)
        error.hint += "; PRRTE binds to no larger object than it maps by: try --bind-to "
                      "none";
    return error;
}

} // namespace

job::Placement foreign_placement(const job::Spec &spec) {
    job::Placement placement = spec.placement;
    placement.map = foreign_map(spec);
    placement.bind = foreign_bind(placement.bind, placement.map);
    return placement;
}

std::vector<std::string> foreign_hosts(const std::vector<std::string> &hosts) {
    std::vector<std::string> told;
    for (const auto &host : hosts)
        told.push_back(host.find(':') == std::string::npos ? host + ":*" : host);
    return told;
}

Result<void> check_foreign(const job::Spec &spec) {
    for (const auto &app : spec.apps) {
        if (app.gpus_per_rank == 0) continue;
        return cannot_run("-g: this server does not give out GPUs, only pxrec's own does",
                          "leave out -g: the program can choose by PXLAUNCH_LOCAL_RANK; "
                          "or use --rec srun, or --rec local");
    }
    return {};
}

Result<void> check_name(const std::string &uri, std::string_view nspace) {
    if (!nspace.empty()) return {};
    return cannot_run(
        fmt::format("the PMIx server at '{}' cannot start processes: it has given this "
                    "tool no name",
                    uri),
        "leave it out: pxlaunch finds or starts a server that can");
}

Error refusal(int status, const job::Placement &placement) {
    switch (status) {
    case PMIX_ERR_JOB_FAILED_TO_MAP:
    case PMIX_ERR_OUT_OF_RESOURCE:
        return not_placed(placement);
    case PMIX_ERR_JOB_FAILED_TO_LAUNCH:
    case PMIX_ERR_JOB_EXE_NOT_FOUND:
        return cannot_run("the server could not start the job's processes",
                          "is pxwrap installed at the same path on every node?");
    default:
        return cannot_run(
            fmt::format("the server refused the job: {}", pmix::status_text(status)));
    }
}

} // namespace px::tool
