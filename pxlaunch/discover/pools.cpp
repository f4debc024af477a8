// pools.cpp - servers of ours that others may find, by their documents.
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unistd.h>

namespace px::discover {

namespace {

constexpr const char *hosts_key = "hosts-";

// A server that is there and not for us, or not there any more: why.
std::string why_not_ours(const Sighting &seen, const std::string &key, const Here &here) {
    const Rendezvous &server = seen.server;
    if (server.protocol == rendezvous_protocol && server.owner.host != here.host) {
        return fmt::format("it is on the host {}", server.owner.host);
    }
    if (server.protocol == rendezvous_protocol && server.allocation != key) {
        if (server.allocation.starts_with(hosts_key)) {
            return fmt::format("it is for jobs whose --hostfile or --host names {}",
                               join(server.nodes, ","));
        }
        return of_another(server.allocation, key);
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

// A DVM of 'pxrec up' whose keeper had no time to withdraw its document: a job for its
// nodes must not silently run on this one. In a Slurm job the next one has the same
// nodes.
bool is_lost_dvm(const RunDirectory &directory, const Sighting &seen,
                 const std::string &key, const Here &here) {
    return seen.server.method == "prrte" && seen.server.allocation == key &&
           !key.starts_with(hosts_key) && !key.starts_with("slurm:") &&
           directory.owner->boot == here.boot;
}

// One discoverable server's directory.
Look look_at_directory(const RunDirectory &directory, const std::string &key,
                       const Here &here) {
    Sighting seen = read_rendezvous(rendezvous_path(directory.path), here);
    Candidate candidate{"pool", Candidate::absent};
    const auto named = [&](const std::string &why) {
        candidate.reason = fmt::format("{}: {}", directory.path, why);
        return only(candidate);
    };
    if (directory.life == Life::dead && is_lost_dvm(directory, seen, key, here)) {
        candidate.state = Candidate::refused;
        candidate.stops = true;
        candidate.hint = "start it again with 'pxrec up --hostfile FILE'; 'pxrec down' "
                         "forgets it; --rec local runs the job on this node alone";
        return named(fmt::format("the DVM on {} is gone, its keeper (pid {}) was killed",
                                 join(seen.server.nodes, ","), seen.server.owner.pid));
    }
    if (directory.life == Life::dead) {
        return named(fmt::format("its server (pid {}) has ended", directory.owner->pid));
    }
    if (seen.state == Sighting::absent) return named("its server is not ready");
    if (!directory.owner) return named("it does not say whose it is");
    if (directory.life == Life::unknown && seen.server.owner.host == here.host) {
        return named("its server is in another pid namespace; name it with --uri file:" +
                     seen.path);
    }
    if (const std::string why = why_not_ours(seen, key, here); !why.empty()) {
        // A living server of this very allocation that we cannot use: starting a second
        // one would give out the same cores twice.
        candidate.stops =
            seen.state == Sighting::unusable && directory.name() == pool_name(here, key);
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

// Several that would do: they were started with different TMPDIRs and know nothing of
// each other. Which one the user means cannot be told.
Candidate several(const std::vector<std::string> &paths,
                  const std::vector<Candidate> &usable) {
    Candidate candidate{"pool", Candidate::refused};
    candidate.stops = true;
    candidate.reason = fmt::format("{} servers would do:", paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
        candidate.reason += fmt::format("\n    {}: {}", paths[i], usable[i].reason);
        candidate.hint += fmt::format("{}--uri file:{}", i == 0 ? "choose one: " : " or ",
                                      rendezvous_path(paths[i]));
    }
    candidate.hint += "; with PXLAUNCH_URI=file:... 'pxrec down' ends that one";
    return candidate;
}

} // namespace

std::string of_another(const std::string &allocation, const std::string &ours) {
    return fmt::format("it is for the allocation '{}', this is '{}'", allocation, ours);
}

Look look_for_key(const Here &here, const std::string &key) {
    Look all;
    Reasons troubles;
    const auto directories = list_run_directories(here, troubles);
    for (const Reason &each : troubles) {
        all.candidates.push_back({"pool", Candidate::absent, each.text});
    }
    const bool of_hosts = key.starts_with(hosts_key);
    std::vector<std::string> paths;
    std::vector<Candidate> usable;
    for (const RunDirectory &each : directories) {
        if (!each.name().starts_with("pool.")) continue;
        if (of_hosts && each.name() != pool_name(here, key)) continue;
        Look look = look_at_directory(each, key, here);
        if (!look.found) {
            all.candidates.push_back(look.answer());
            if (look.answer().stops) return Look{all.candidates, {}};
            continue;
        }
        const std::string missing = missing_node(*look.found, here);
        if (!missing.empty()) {
            all.candidates.push_back(
                {"pool", Candidate::absent,
                 fmt::format("{}: it does not have the node {}", each.path, missing)});
            continue;
        }
        paths.push_back(each.path);
        usable.push_back(look.answer());
        all.found = std::move(look.found);
    }
    if (usable.size() > 1) {
        all.candidates.push_back(several(paths, usable));
        all.found.reset();
    } else if (all.found) {
        all.candidates.push_back(usable[0]);
    }
    return all;
}

void forget_lost(const Here &here) {
    const std::string name = pool_name(here, find_allocation(here).key());
    Reasons ignored;
    for (const RunDirectory &each : list_run_directories(here, ignored)) {
        if (each.name() == name && each.life == Life::dead)
            (void)::unlink(rendezvous_path(each.path).c_str());
    }
}

namespace {

// For a rank of a server on another node, which listens there alone: a second server
// would give out the same cores.
std::optional<Candidate> server_elsewhere(const std::string &allocation,
                                          const Here &here) {
    const std::string &server = here.get("PXLAUNCH_SERVER");
    const auto blank = server.find(' ');
    if (blank == std::string::npos) return {};
    const std::string host = server.substr(0, blank), of = server.substr(blank + 1);
    // Of a job that was started from outside of the allocation its ranks know no more.
    const bool of_none =
        allocation == "none" && here.get("PMIX_NAMESPACE").starts_with("slurm.pmix.");
    if (host == here.host || (of != allocation && !of_none)) return {};
    return Candidate{
        "pool", Candidate::refused,
        fmt::format("this is a rank on {}, and the server of the allocation {} can be "
                    "reached on {} alone",
                    here.host, of, host),
        fmt::format(
            "start jobs from a rank on {}, or run the first one with --rec prrte, "
            "whose ranks can start jobs on every node",
            host),
        true};
}

} // namespace

Look look_at_pool(const Here &here) {
    const std::string allocation = find_allocation(here).key();
    Look all = look_for_key(here, allocation);
    if (all.found || (!all.candidates.empty() && all.answer().stops)) return all;
    if (auto elsewhere = server_elsewhere(allocation, here)) {
        all.candidates.push_back(std::move(*elsewhere));
        return all;
    }
    all.candidates.push_back(
        {"pool", Candidate::absent,
         fmt::format("no server of 'pxrec up' for {}{} in {}",
                     allocation == "none" ? "this node" : "the allocation " + allocation,
                     here.goes_elsewhere() ? " with all nodes that were named" : "",
                     join(base_directories(here), ", "))});
    return all;
}

std::string key_of_hosts(const Here &here) {
    std::uint64_t hash = 14695981039346656037ULL;          // FNV-1a
    std::string text = find_allocation(here).key() + "\n"; // another one's is not ours
    for (const auto &host : here.hosts) text += host + "\n";
    for (const char each : text) {
        hash ^= static_cast<unsigned char>(each);
        hash *= 1099511628211ULL;
    }
    return fmt::format("{}{:013x}", hosts_key, hash >> 12);
}

} // namespace px::discover
