// discover.cpp - the order of the steps, and what the user's wish does to it.
#include "pxlaunch/discover/discover.h"

#include "pxlaunch/base/container_here.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/discover/probe.h"
#include "pxlaunch/discover/server_owner.h"

#include <fmt/format.h>

#include <algorithm>

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
        {{"srun", "a server over the nodes of a Slurm job, whose jobs are steps of srun; "
                  "srun:ROOT runs the host's, whose / is bound at ROOT"},
         look_at_srun},
        {{"pmi2", "the same for a task of 'srun --mpi=pmi2' where no srun is: Slurm's "
                  "PMI-2 starts it outside"},
         look_at_pmi2},
        {{"prrte", "a PRRTE DVM, running or over the nodes of --hostfile or of a Slurm "
                   "job; prrte:PREFIX names PRRTE"},
         look_at_dvm},
        {{"local", "a server on this node, for this job alone"}, look_at_local},
    };
    return all;
}

const Step &step_of(const std::string &name) {
    return *std::find_if(steps().begin(), steps().end(),
                         [&name](const Step &each) { return name == each.rec.name; });
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
    if (is_slurms(server->nspace, here)) {
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

// A lock is for starting servers; who has one may use it.
bool is_locked_out(const std::string &name, const Here &here) {
    return !here.methods_lock.empty() && name != "parent" && name != "pool" &&
           std::find(here.methods.begin(), here.methods.end(), name) ==
               here.methods.end();
}

Error locked_out(const Wish &wish, const std::string &name, const Here &here) {
    return cannot_run(fmt::format("{}: '{}' is not allowed: {} says so", wish.rec_name,
                                  name, here.methods_lock),
                      fmt::format("it allows {}", join(here.methods, " ")));
}

// What comes after the name of a runtime.
Result<void> take_argument(const Wish &wish, Here &here) {
    const auto colon = wish.rec.find(':');
    if (colon == std::string::npos) return {};
    const std::string name = wish.rec.substr(0, colon), text = wish.rec.substr(colon + 1);
    if (name == "prrte") {
        here.prrte = text;
    } else if (name != "srun") {
        return usage_error(fmt::format("{}: '{}' takes no argument, got '{}'",
                                       wish.rec_name, name, text),
                           fmt::format("write {}", name));
    } else if (!text.starts_with('/')) {
        return usage_error(
            fmt::format("{}: '{}' is no absolute path", wish.rec_name, text),
            "write srun:ROOT, where the host's / is bound, as in srun:/host");
    } else {
        here.host_root = text;
    }
    return {};
}

Discovery use_rec(const Wish &wish, const Here &here) {
    const auto colon = wish.rec.find(':');
    const std::string name = wish.rec.substr(0, colon);
    for (const Step &step : steps()) {
        if (name != step.rec.name) continue;
        if (is_locked_out(name, here)) return failure(locked_out(wish, name, here));
        Here there = here;
        if (auto taken = take_argument(wish, there); !taken)
            return failure(std::move(taken).error());
        if (wish.no_start && name == "local") {
            return failure(
                usage_error(fmt::format("--no-start and {} 'local' contradict each other",
                                        wish.rec_name),
                            "give one of them"));
        }
        const bool is_for_all = name == "prrte" || name == "srun" || name == "pmi2";
        Look look = name == "local" ? start_here(here)
                    : is_for_all    ? look_at_wanted(name, there)
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

// Of a script in a container that was not started by pxrec, or on a node without Slurm.
Error no_way_out(const Allocation &allocation, const Here &here) {
    const auto container =
        container_told([&here](const char *name) { return here.get(name); });
    const bool one = allocation.nodes == 1;
    const char *other = look_at_pmi2(here).found
                            ? "use --rec pmi2, because Slurm's PMI-2 is here; or "
                            : "";
    return cannot_run(
        fmt::format("{} {}, but this place has no way to reach {} (no srun, no prte, no "
                    "PXLAUNCH_URI)",
                    allocation.title(),
                    one ? "is on " + allocation.names[0]
                        : fmt::format("has {} nodes", allocation.nodes),
                    one ? "it" : "them"),
        std::string(other) +
            (container.engine.empty()
                 ? "start the script on the host side: put 'pxrec run --' before the "
                   "command that starts the container or the script"
                 : "start the script on the host side: " + command_by_pxrec(container)));
}

Error nothing_usable(const std::vector<Candidate> &candidates, const Here &here) {
    const Allocation allocation = find_allocation(here);
    const auto is_absent = [&candidates](const char *name) {
        return std::all_of(
            candidates.begin(), candidates.end(), [name](const auto &each) {
                return each.name != name || each.state == Candidate::absent;
            });
    };
    if (allocation.scheduler == "slurm" && !allocation.names.empty() &&
        find_srun(here).empty() && is_absent("prrte") && is_absent("pool"))
        return no_way_out(allocation, here);
    std::string hint;
    for (const Candidate &each : candidates) {
        if (each.state == Candidate::usable || each.hint.empty()) continue;
        hint += (hint.empty() ? "" : "; ") + each.hint;
    }
    return cannot_run(fmt::format("no PMIx runtime here can start this job\n{}",
                                  candidate_table(candidates)),
                      hint);
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

Result<Found> find_start(const std::string &rec, const Here &given) {
    Here here = given;
    const auto colon = rec.find(':');
    const std::string name = rec.substr(0, colon);
    const Wish wish{.rec = rec};
    if (!rec.empty() && name != "srun" && name != "pmi2" && name != "prrte" &&
        name != "local")
        return unknown_rec(wish, name);
    if (!rec.empty() && is_locked_out(name, here)) return locked_out(wish, name, here);
    PX_TRY(take_argument(wish, here));
    const auto order = rec.empty() ? start_order(here) : std::vector<std::string>{name};
    std::vector<Candidate> candidates;
    for (const auto &each : order) {
        Look look = look_at_start(each, here);
        if (look.found) return std::move(*look.found);
        candidates.push_back(look.answer());
    }
    return nothing_usable(candidates, here);
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
    std::vector<std::string> order = start_order(here);
    order.insert(order.begin(), {"parent", "pool"});
    for (const auto &name : order) {
        const Step &step = step_of(name);
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
    discovery.found = nothing_usable(discovery.candidates, here);
    return discovery;
}

} // namespace px::discover
