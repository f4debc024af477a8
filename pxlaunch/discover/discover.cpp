// discover.cpp - the order of the steps, and what the user's wish does to it.
#include "pxlaunch/discover/discover.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/probe.h"
#include "pxlaunch/discover/server_owner.h"

#include <fmt/format.h>

namespace px::discover {

namespace {

using LookAt = Look (*)(const Here &);

struct Step {
    RecName rec;
    LookAt look;
};

const std::vector<Step> &steps() {
    static const std::vector<Step> all = {
        {{"parent", "the server that started this process"}, look_at_parent},
        {{"pool", "the server of 'pxrec up' for this allocation"}, look_at_pool},
        {{"prrte", "a PRRTE DVM, running or over the nodes of --hostfile; prrte:PREFIX "
                   "names PRRTE"},
         look_at_dvm},
        {{"local", "a private server on this node, for this job"}, look_at_local},
    };
    return all;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Step &step : steps()) all.emplace_back(step.rec.name);
    return all;
}

// The command line before the environment; an address before a name.
Wish settled(Wish wish, const Here &here) {
    if (!wish.rec.empty() || !wish.uri.empty()) return wish;
    if (here.has("PXLAUNCH_URI")) {
        wish.uri = here.get("PXLAUNCH_URI");
        wish.uri_name = "PXLAUNCH_URI";
    } else if (here.has("PXLAUNCH_REC")) {
        wish.rec = here.get("PXLAUNCH_REC");
        wish.rec_name = "PXLAUNCH_REC";
    }
    return wish;
}

void record(Discovery &discovery, const Look &look) {
    for (const Candidate &each : look.candidates) {
        discovery.reasons.push_back(
            {"server",
             fmt::format("{}: {}: {}", each.name, to_string(each.state), each.reason)});
        discovery.candidates.push_back(each);
    }
}

Discovery failure(Error error) { return Discovery{std::move(error), {}, {}}; }

Discovery use_uri(const Wish &wish, const Here &here) {
    auto server = read_server_uri(wish.uri, wish.uri_name, here);
    if (!server) return failure(std::move(server).error());
    if (server->nspace.starts_with("slurm.pmix.")) {
        return failure(cannot_run(
            fmt::format("{}: Slurm's own server cannot start processes", wish.uri_name),
            "leave it out: pxlaunch finds or starts a server that can"));
    }
    if (const std::string why = why_not_own(*server, here); !why.empty()) {
        return failure(
            cannot_run(fmt::format("{}: {}", wish.uri_name, why),
                       "leave it out: pxlaunch finds or starts a server of your own"));
    }
    const std::string reason = fmt::format("{} ({})", server->nspace, wish.uri_name);
    Look look{{{"uri", Candidate::usable, reason}}, {}};
    look.found = attach_to(std::move(*server), "uri", here);
    Discovery discovery{*look.found, {}, {}};
    record(discovery, look);
    return discovery;
}

Error unknown_rec(const Wish &wish, const std::string &name) {
    const std::string near = nearest(name, names());
    return usage_error(
        fmt::format("{}: unknown runtime '{}'", wish.rec_name, name),
        fmt::format("{}there are: {}",
                    near.empty() ? "" : fmt::format("did you mean '{}'? ", near),
                    join(names(), " ")));
}

// `--rec local` is a decision: what would have been a silent loss of nodes is wanted.
Look start_here(const Here &here) {
    Here bare = here;
    for (const char *name :
         {"SLURM_JOB_ID", "LSB_JOBID", "PBS_JOBID", "JOB_ID", "FLUX_JOB_ID"}) {
        bare.env.erase(name);
    }
    Look look = look_at_local(bare);
    look.found->allocation = find_allocation(here);
    return look;
}

Look not_started(const char *name) {
    return Look{{{name, Candidate::refused, "--no-start was given",
                  "start a server with 'pxrec up', or leave --no-start out", true}},
                {}};
}

Discovery use_rec(const Wish &wish, const Here &here) {
    const auto colon = wish.rec.find(':');
    const std::string name = wish.rec.substr(0, colon);
    for (const Step &step : steps()) {
        if (name != step.rec.name) continue;
        if (colon != std::string::npos && name != "prrte") {
            return failure(
                usage_error(fmt::format("{}: '{}' takes no argument, got '{}'",
                                        wish.rec_name, name, wish.rec.substr(colon + 1)),
                            fmt::format("write {}", name)));
        }
        if (wish.no_start && name == "local") {
            return failure(
                usage_error(fmt::format("--no-start and {} 'local' contradict each other",
                                        wish.rec_name),
                            "give one of them"));
        }
        Look look = name == "local"   ? start_here(here)
                    : name == "prrte" ? look_at_wanted_dvm(here)
                                      : step.look(here);
        if (wish.no_start && look.found && look.found->kind != Found::attach)
            look = not_started(step.rec.name);
        Discovery discovery{Error{}, {}, {}};
        record(discovery, look);
        if (look.found) {
            discovery.found = std::move(*look.found);
        } else {
            discovery.found = cannot_run(
                fmt::format("{}: '{}' is not usable\n{}", wish.rec_name, name,
                            candidate_table(look.candidates)),
                look.answer().hint.empty() ? "leave it out to use whatever is here"
                                           : look.answer().hint);
        }
        return discovery;
    }
    return failure(unknown_rec(wish, name));
}

Error nothing_usable(const std::vector<Candidate> &candidates) {
    std::string hint;
    for (const Candidate &each : candidates) {
        if (each.state != Candidate::refused || each.hint.empty()) continue;
        hint += (hint.empty() ? "" : "; ") + each.hint;
    }
    return cannot_run(
        "no PMIx runtime here can start this job\n" + candidate_table(candidates), hint);
}

} // namespace

const std::vector<RecName> &rec_names() {
    static const std::vector<RecName> all = [] {
        std::vector<RecName> list;
        for (const Step &step : steps()) list.push_back(step.rec);
        return list;
    }();
    return all;
}

Discovery discover(const Wish &given, const Here &here) {
    if (!given.rec.empty() && !given.uri.empty()) {
        return failure(usage_error(
            fmt::format("{} and {} both name a server", given.rec_name, given.uri_name),
            "give one of them"));
    }
    const Wish wish = settled(given, here);
    if (!wish.uri.empty()) return use_uri(wish, here);
    if (!wish.rec.empty()) return use_rec(wish, here);
    Discovery discovery{Error{}, {}, {}};
    for (const Step &step : steps()) {
        Look look = step.look(here);
        const bool starts = look.found && look.found->kind != Found::attach;
        if (starts && wish.no_start) look = not_started(step.rec.name);
        record(discovery, look);
        if (look.found) {
            discovery.found = std::move(*look.found);
            return discovery;
        }
        if (look.answer().stops) break;
    }
    discovery.found = nothing_usable(discovery.candidates);
    return discovery;
}

} // namespace px::discover
