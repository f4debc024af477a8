// dvms.cpp - PRRTE's DVMs: ours, those that users started themselves, and new ones.
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/discover/prte_dvms.h"

#include <fmt/format.h>

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

Look look_at_dvm(const Here &here) {
    if (here.goes_elsewhere()) {
        Look running = look_for_key(here, key_of_hosts(here));
        for (auto &each : running.candidates) each.name = "prrte";
        if (running.found) running.found->from = "prrte";
        if (running.found || (!running.candidates.empty() && running.answer().stops))
            return running;
        Look look{running.candidates, found_here(Found::start_dvm, "prrte", here)};
        look.candidates.push_back(
            {"prrte", Candidate::usable,
             fmt::format("a PRRTE DVM over {}", join(here.hosts, ", "))});
        return look;
    }
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
    look.candidates.push_back({"prrte", Candidate::absent, no_hosts});
    return look;
}

Look look_at_wanted_dvm(const Here &here) {
    Look pool = look_at_pool(here);
    const bool is_dvm = pool.found && pool.found->server.ours &&
                        pool.found->server.ours->method == "prrte";
    for (auto &each : pool.candidates) each.name = "prrte";
    if (is_dvm) pool.found->from = "prrte";
    if (is_dvm || (!pool.found && pool.answer().stops)) return pool;
    Look look = here.goes_elsewhere() ? look_at_dvm(here) : look_at_started(here);
    pool.candidates.pop_back(); // that there is none, or one that is no DVM
    look.candidates.insert(look.candidates.begin(), pool.candidates.begin(),
                           pool.candidates.end());
    return look;
}

} // namespace px::discover
