// candidates.cpp - looking for servers, place by place.
#include "pxlaunch/discover/candidates.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/server_owner.h"
#include "pxlaunch/pmix/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

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
std::string why_not_parent(const Here &here) {
    const std::string &nspace = here.get("PMIX_NAMESPACE");
    // Slurm 22.05 to 26.05: spawn is not supported, and an unclean detach kills the step.
    if (nspace.starts_with("slurm.pmix.")) {
        return fmt::format(
            "this is the Slurm step {}, whose server cannot start processes", nspace);
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

Look only(Candidate candidate) { return Look{{std::move(candidate)}, {}}; }

Found found_here(Found::Kind kind, std::string from, const Here &here) {
    Found found;
    found.kind = kind;
    found.from = std::move(from);
    found.allocation = find_allocation(here);
    return found;
}

} // namespace

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
    if (const std::string why = why_not_parent(here); !why.empty()) {
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

// A server that is there and not for us, or not there any more: why.
std::string why_not_ours(const Sighting &seen, const std::string &allocation,
                         const Here &here) {
    const Rendezvous &server = seen.server;
    if (server.protocol == rendezvous_protocol && server.owner.host != here.host) {
        return fmt::format("it is on the host {}", server.owner.host);
    }
    if (server.protocol == rendezvous_protocol && server.allocation != allocation) {
        return fmt::format("it is for the allocation '{}', this is '{}'",
                           server.allocation, allocation);
    }
    return seen.reason;
}

std::string describe(const Rendezvous &server) {
    if (server.method != "prrte") {
        return fmt::format("pxrec {} (pid {}{})", server.version, server.owner.pid,
                           server.managed ? fmt::format(", {} cores", server.cores) : "");
    }
    return fmt::format("pxrec {} (pid {}, {} slots on {}){}", server.version,
                       server.owner.pid, server.cores, join(server.nodes, ","),
                       server.died.empty()
                           ? ""
                           : fmt::format("; its DVM has died ({}), and is started again "
                                         "by the next job",
                                         server.died));
}

// One discoverable server's directory.
Look look_at_directory(const RunDirectory &directory, const std::string &allocation,
                       const Here &here) {
    Sighting seen = read_rendezvous(rendezvous_path(directory.path), here);
    Candidate candidate{"pool", Candidate::absent};
    const auto named = [&](const std::string &why) {
        candidate.reason = fmt::format("{}: {}", directory.path, why);
        return only(candidate);
    };
    if (directory.life == Life::dead) {
        return named(fmt::format("its server (pid {}) has ended", directory.owner->pid));
    }
    if (seen.state == Sighting::absent) return named("its server is not ready");
    if (!directory.owner) return named("it does not say whose it is");
    if (directory.life == Life::unknown && seen.server.owner.host == here.host) {
        return named("its server is in another pid namespace; name it with --uri file:" +
                     seen.path);
    }
    if (const std::string why = why_not_ours(seen, allocation, here); !why.empty()) {
        // A living server of this very allocation that we cannot use: starting a second
        // one would give out the same cores twice.
        candidate.stops = seen.state == Sighting::unusable &&
                          directory.name() == pool_name(here, allocation);
        if (candidate.stops) candidate.state = Candidate::refused;
        candidate.hint =
            "end it with 'pxrec down' of its own version, or use --rec local";
        return named(why);
    }
    Look look = only({"pool", Candidate::usable, describe(seen.server)});
    ServerUri server{seen.server.uri, namespace_of(seen.server.uri),
                     seen.server.pmix_version, std::move(seen.server)};
    look.found = attach_to(std::move(server), "pool", here);
    return look;
}

} // namespace

namespace {

// Empty, or a node that was named and that the server does not have.
std::string missing_node(const Found &found, const Here &here) {
    if (!here.goes_elsewhere()) return {};
    const auto nodes =
        found.server.ours ? found.server.ours->nodes : std::vector<std::string>();
    for (const auto &host : here.hosts) {
        const std::string name = host.substr(0, host.find(':'));
        if (std::find(nodes.begin(), nodes.end(), name) == nodes.end()) return name;
    }
    return {};
}

// Servers of that key, for --probe and --explain with all that is in the way.
Look look_for_key(const Here &here, const std::string &allocation) {
    Look all;
    Reasons troubles;
    const auto directories = list_run_directories(here, troubles);
    for (const Reason &each : troubles) {
        all.candidates.push_back({"pool", Candidate::absent, each.text});
    }
    for (const RunDirectory &each : directories) {
        if (!each.name().starts_with("pool.")) continue;
        Look look = look_at_directory(each, allocation, here);
        all.candidates.push_back(look.answer());
        if (look.found) all.found = std::move(look.found);
        if (all.found || look.answer().stops) return all;
    }
    return all;
}

} // namespace

Look look_at_pool(const Here &here) {
    const std::string allocation = find_allocation(here).key();
    Look all = look_for_key(here, allocation);
    if (all.found) {
        const std::string missing = missing_node(*all.found, here);
        if (missing.empty()) return all;
        all.found.reset();
        all.candidates.push_back({"pool", Candidate::absent,
                                  fmt::format("it does not have the node {}", missing)});
        return all;
    }
    if (!all.candidates.empty() && all.answer().stops) return all;
    all.candidates.push_back(
        {"pool", Candidate::absent,
         fmt::format("no server of 'pxrec up' for {} in {}",
                     allocation == "none" ? "this node" : "the allocation " + allocation,
                     join(base_directories(here), ", "))});
    return all;
}

std::string key_of_hosts(const std::vector<std::string> &hosts) {
    std::uint64_t hash = 14695981039346656037ULL; // FNV-1a
    for (const auto &host : hosts) {
        for (const char each : host + "\n") {
            hash ^= static_cast<unsigned char>(each);
            hash *= 1099511628211ULL;
        }
    }
    return fmt::format("hosts-{:013x}", hash >> 12);
}

Look look_at_dvm(const Here &here) {
    if (!here.goes_elsewhere()) {
        return only({"prrte", Candidate::absent,
                     "neither --hostfile nor --host names another node"});
    }
    Look running = look_for_key(here, key_of_hosts(here.hosts));
    for (auto &each : running.candidates) each.name = "prrte";
    if (running.found) {
        running.found->from = "prrte";
        return running;
    }
    Look look = only({"prrte", Candidate::usable,
                      fmt::format("a PRRTE DVM over {}", join(here.hosts, ", "))});
    look.found = found_here(Found::start_dvm, "prrte", here);
    return look;
}

Look look_at_local(const Here &here) {
    const Allocation allocation = find_allocation(here);
    Candidate candidate{"local", Candidate::refused};
    candidate.stops = true;
    candidate.hint = "use --rec local to run on this node alone";
    if (allocation && allocation.nodes > 1) {
        candidate.reason = fmt::format(
            "the allocation {} has {} nodes, and starting a server on several "
            "nodes of {} is not supported yet",
            allocation.key(), allocation.nodes, allocation.scheduler);
        return only(candidate);
    }
    if (allocation.off_node) {
        candidate.reason = fmt::format("the allocation {} is {}, this shell is on {}",
                                       allocation.key(), allocation.node, here.host);
        candidate.hint =
            fmt::format("run the script there (srun --pty bash), or {}", candidate.hint);
        return only(candidate);
    }
    if (allocation && allocation.nodes == 0) {
        candidate.reason =
            fmt::format("how many nodes the allocation {} has cannot be told from here",
                        allocation.key());
        return only(candidate);
    }
    Look look = only({"local", Candidate::usable, "a private server on this node"});
    look.found = found_here(Found::start_local, "local", here);
    look.found->ours = true;
    return look;
}

std::vector<Candidate> look_at_all(const Here &here) {
    std::vector<Candidate> all;
    for (const auto look : {look_at_parent, look_at_pool, look_at_dvm, look_at_local}) {
        const Look seen = look(here);
        all.insert(all.end(), seen.candidates.begin(), seen.candidates.end());
    }
    return all;
}

} // namespace px::discover
