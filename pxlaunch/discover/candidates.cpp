// candidates.cpp - looking for servers, place by place.
#include "pxlaunch/discover/candidates.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/discover/server_owner.h"
#include "pxlaunch/pmix/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace px::discover {

namespace {

// PMIx sets one variable for each wire version it can speak, all with the same value.
constexpr const char *uri_variables[] = {
    "PMIX_SERVER_URI61", "PMIX_SERVER_URI51", "PMIX_SERVER_URI41", "PMIX_SERVER_URI4",
    "PMIX_SERVER_URI3",  "PMIX_SERVER_URI21", "PMIX_SERVER_URI2",  "PMIX_SERVER_URI"};

std::string parent_variable(const Here &here) {
    for (const char *name : uri_variables) {
        if (here.has(name)) return name;
    }
    return {};
}

bool is_number(const std::string &text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isdigit(c) != 0;
    });
}

// Why the server that started us must be left alone; empty: no known reason.
std::string why_not_parent(const std::string &uri, const Here &here) {
    const std::string &nspace = here.get("PMIX_NAMESPACE");
    // Slurm 22.05 to 26.05: spawn is not supported, and an unclean detach kills the step.
    if (nspace.starts_with("slurm.pmix.") || is_slurms(namespace_of(uri), here)) {
        return fmt::format(
            "this is the Slurm step {}, whose server cannot start processes",
            nspace.empty() ? here.get("SLURM_STEP_ID") : nspace);
    }
    // Open MPI 4.1: a new tool crashes mpirun, and the job with it. JSM numbers its jobs
    // too.
    if (is_number(nspace) || here.has("OMPI_MCA_orte_hnp_uri")) {
        return "this process was started by Open MPI 4's mpirun (or jsrun), whose server "
               "a "
               "tool must not attach to";
    }
    // flux-pmix 0.7 serves fence and abort only.
    if (here.has("FLUX_JOB_ID")) {
        return "this process was started by Flux, whose server cannot start processes";
    }
    // ParaStation 6.8: the attach is never answered.
    if (nspace.starts_with("pspmix")) {
        return "this process was started by ParaStation, whose server never answers a "
               "tool";
    }
    return {};
}

} // namespace

// slurmstepd gives its server no name of its own, but its ranks' job.
bool is_slurms(const std::string &nspace, const Here &here) {
    return nspace.starts_with("slurm.pmix.") ||
           (nspace.starts_with("pmix-server.") && here.has("SLURM_JOB_ID"));
}

Look only(Candidate candidate) { return Look{{std::move(candidate)}, {}}; }

Found found_here(Found::Kind kind, std::string from, const Here &here) {
    Found found;
    found.kind = kind;
    found.from = std::move(from);
    found.allocation = find_allocation(here);
    return found;
}

Found attach_to(ServerUri server, std::string from, const Here &here) {
    Found found = found_here(Found::attach, std::move(from), here);
    Reasons ignored;
    // A literal address says little; its own document, if we can find it, says more.
    const auto directories =
        server.ours ? std::vector<RunDirectory>() : list_run_directories(here, ignored);
    for (const RunDirectory &each : directories) {
        Sighting seen = read_rendezvous(rendezvous_path(each.path), here);
        if (seen.state != Sighting::usable || seen.server.uri != server.attach) continue;
        server.version = seen.server.pmix_version;
        server.ours = std::move(seen.server);
        break;
    }
    found.ours = server.nspace.starts_with(pmix::key::server_prefix);
    if (server.ours) {
        found.managed = server.ours->managed;
        found.cores = server.ours->cores;
        if (server.ours->allocation == found.allocation.key()) {
            Here told = here;
            told.slurm_threads = server.ours->threads;
            found.allocation = find_allocation(told);
        }
    }
    found.server = std::move(server);
    return found;
}

Found look_again(Found found, const Here &here) {
    if (!found.server.ours) return found;
    const std::string &log = found.server.ours->log;
    auto seen = read_rendezvous(rendezvous_path(log.substr(0, log.rfind('/'))), here);
    if (seen.state != Sighting::usable) return found;
    const std::string uri = seen.server.uri, version = seen.server.pmix_version;
    return attach_to({uri, namespace_of(uri), version, std::move(seen.server), uri},
                     found.from, here);
}

Look look_at_parent(const Here &here) {
    const std::string variable = parent_variable(here);
    if (variable.empty()) {
        return only({"parent", Candidate::absent, "PMIX_SERVER_URI* is not set"});
    }
    if (const std::string why = why_not_parent(here.get(variable), here); !why.empty()) {
        return only({"parent", Candidate::refused, why});
    }
    auto server = read_server_uri(here.get(variable), variable, here);
    if (!server) {
        return only({"parent", Candidate::refused, server.error().what,
                     fmt::format("unset {}", variable)});
    }
    // Through sudo and su the address outlives its meaning.
    if (const std::string why = why_not_own(*server, here); !why.empty()) {
        return only({"parent", Candidate::refused, fmt::format("{}: {}", variable, why)});
    }
    if (server->version.empty()) server->version = here.get("PMIX_VERSION");
    Look look = only(
        {"parent", Candidate::usable, fmt::format("{} ({})", server->nspace, variable)});
    look.found = attach_to(std::move(*server), "parent", here);
    return look;
}

namespace {

// Why a server on this node would not be for all of the allocation; empty: it would.
std::string why_not_here(const Allocation &allocation, const Here &here) {
    const std::string key = allocation.key();
    if (allocation.nodes > 1)
        return fmt::format("the allocation {} has {} nodes", key, allocation.nodes);
    if (allocation.off_node) {
        return fmt::format("the allocation {} is {}, this shell is on {}", key,
                           allocation.names[0], here.host);
    }
    if (allocation && allocation.nodes == 0) {
        return fmt::format(
            "how many nodes the allocation {} has cannot be told from here", key);
    }
    return {};
}

} // namespace

Look look_at_local(const Here &here) {
    const Allocation allocation = find_allocation(here);
    if (std::string why = why_not_here(allocation, here); !why.empty()) {
        return only({"local", Candidate::refused, std::move(why),
                     "use --rec local to run on this node alone"});
    }
    Look look = only({"local", Candidate::usable, "a private server on this node"});
    look.found = found_here(Found::start_local, "local", here);
    look.found->ours = true;
    if (!allocation) return look;
    look.found = shared_server("local", here);
    look.candidates[0].reason =
        fmt::format("a server on this node for the allocation {}", allocation.key());
    return look;
}

std::vector<Candidate> look_at_all(const Here &here) {
    std::vector<Candidate> all;
    for (const auto look :
         {look_at_parent, look_at_pool, look_at_srun, look_at_dvm, look_at_local}) {
        const Look seen = look(here);
        all.insert(all.end(), seen.candidates.begin(), seen.candidates.end());
    }
    return all;
}

} // namespace px::discover
