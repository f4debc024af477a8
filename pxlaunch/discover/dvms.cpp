// dvms.cpp - PRRTE's DVMs: ours, those that users started themselves, and new ones.
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/discover/prte_dvms.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::discover {

namespace {

constexpr const char *no_hosts = "neither --hostfile nor --host names another node";

std::string described(const PrteDvm &dvm) {
    return fmt::format("{} (pid {})", dvm.nspace, dvm.pid);
}

// Those that users started themselves, as far as they are not for us.
std::vector<Candidate> passed_over(const std::vector<PrteDvm> &dvms) {
    std::vector<Candidate> all;
    for (const auto &dvm : dvms) {
        if (dvm.is_usable()) continue;
        all.push_back(
            {"prrte", Candidate::absent, fmt::format("{}: {}", dvm.directory, dvm.why)});
    }
    return all;
}

// Of those that users started themselves: the only one.
Look look_at_started(const Here &here) {
    const auto dvms = find_prte_dvms(here);
    Look look{passed_over(dvms), {}};
    Candidate candidate{"prrte", Candidate::refused};
    candidate.stops = true;
    std::vector<PrteDvm> usable;
    for (const auto &dvm : dvms) {
        if (dvm.is_usable()) usable.push_back(dvm);
    }
    if (usable.size() == 1) {
        auto server =
            read_server_uri("file:" + usable[0].file, usable[0].directory, here);
        candidate.reason = server ? described(usable[0]) : server.error().what;
        if (server) {
            candidate.state = Candidate::usable;
            look.found = attach_to(std::move(*server), "prrte", here);
        }
    } else if (const auto allocation = find_allocation(here);
               usable.empty() && allocation) {
        candidate = look_at_allocation_dvm(here, allocation);
        if (candidate.state == Candidate::usable)
            look.found = shared_server("prrte", here);
    } else if (usable.empty()) {
        candidate.state = Candidate::absent;
        candidate.reason = fmt::format("no DVM of yours runs here, and {}", no_hosts);
        candidate.hint = "name its nodes with --hostfile, or its address with --uri";
    } else {
        candidate.reason = fmt::format("{} DVMs of yours run here:", usable.size());
        for (const auto &dvm : usable) {
            candidate.reason +=
                fmt::format("\n    {}: {}", dvm.directory, described(dvm));
            candidate.hint +=
                fmt::format("{}--uri file:{}",
                            candidate.hint.empty() ? "choose one: " : " or ", dvm.file);
        }
    }
    look.candidates.push_back(std::move(candidate));
    return look;
}

} // namespace

bool over_named_hosts(const Here &here) {
    if (!here.goes_elsewhere()) return false;
    const Allocation allocation = find_allocation(here);
    return allocation.scheduler != "slurm" ||
           std::any_of(here.hosts.begin(), here.hosts.end(),
                       [&](const auto &host) { return !allocation.has_node(host); });
}

namespace {

Look look_at_named_hosts(const Here &here) {
    const std::string key = key_of_hosts(here);
    Look running = look_for_key(here, key);
    for (auto &each : running.candidates) each.name = "prrte";
    if (running.found) running.found->from = "prrte";
    if (running.found || (!running.candidates.empty() && running.answer().stops))
        return running;
    Look look{running.candidates, found_here(Found::start_shared, "prrte", here)};
    look.found->method = "prrte";
    look.found->pool = key;
    look.found->hosts = here.hosts;
    look.candidates.push_back(
        {"prrte", Candidate::usable,
         fmt::format("a PRRTE DVM over {}", join(here.hosts, ", "))});
    return look;
}

} // namespace

Look look_at_dvm(const Here &here) {
    if (over_named_hosts(here)) return look_at_named_hosts(here);
    const auto dvms = find_prte_dvms(here);
    Look look{passed_over(dvms), {}};
    for (const auto &dvm : dvms) {
        if (!dvm.is_usable()) continue;
        look.candidates.push_back(
            {"prrte", Candidate::refused,
             fmt::format("{}: {} was not asked for", dvm.directory, described(dvm)),
             fmt::format("use --rec prrte, or --uri file:{}, for the DVM {}", dvm.file,
                         dvm.nspace)});
    }
    const Allocation allocation = find_allocation(here);
    look.candidates.push_back(allocation
                                  ? look_at_allocation_dvm(here, allocation)
                                  : Candidate{"prrte", Candidate::absent, no_hosts});
    if (look.answer().state == Candidate::usable)
        look.found = shared_server("prrte", here);
    return look;
}

namespace {

// It shares out the cores of the allocation: a second one would give them out again.
Candidate of_other_method(const Rendezvous &server, const std::string &method) {
    return {
        method, Candidate::refused,
        fmt::format("the server of this allocation (pid {}) works by '{}', and shares "
                    "out its cores",
                    server.owner.pid, server.method),
        "leave --rec out to use it, or end it first: 'pxrec down'", true};
}

} // namespace

Look look_at_wanted(const std::string &method, const Here &here) {
    Look pool = look_at_pool(here);
    const auto &server = pool.found ? pool.found->server.ours : std::nullopt;
    const bool is_it = server && server->method == method;
    for (auto &each : pool.candidates) each.name = method;
    if (is_it) pool.found->from = method;
    if (is_it || (!pool.found && pool.answer().stops)) return pool;
    pool.candidates.pop_back(); // that there is none, or one of another method
    Look look;
    if (server && find_allocation(here) && !over_named_hosts(here))
        look = only(of_other_method(*server, method));
    else if (method == "srun")
        look = look_at_srun(here);
    else if (method == "pmi2")
        look = look_at_pmi2(here);
    else
        look = over_named_hosts(here) ? look_at_dvm(here) : look_at_started(here);
    look.candidates.insert(look.candidates.begin(), pool.candidates.begin(),
                           pool.candidates.end());
    return look;
}

} // namespace px::discover
