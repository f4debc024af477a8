// read_spawn.cpp - what a tool or a rank asks for, in PMIx's words and in ours.
#include "rec/server/spawn.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/job/environment.h"
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "rec/jobs/rank_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::server {

namespace {

namespace key = pmix::key;

std::vector<std::string> own_environment() {
    auto env = pmix::from_argv(environ);
    std::erase_if(env, [](const std::string &entry) {
        return entry.starts_with("PMIX_") || entry.starts_with("PMI_");
    });
    return env;
}

std::string own_directory() {
    std::unique_ptr<char, void (*)(void *)> path(::getcwd(nullptr, 0), std::free);
    return path ? path.get() : "/";
}

void remove_variable(std::vector<std::string> &env, const std::string &name) {
    std::erase_if(
        env, [&](const std::string &entry) { return entry.starts_with(name + "="); });
}

// SET, ADD, UNSET, PREPEND and APPEND, in the order in which they are given.
void change_environment(const pmix::InfoView &view, std::vector<std::string> &env) {
    for (const auto &info : view) {
        const auto &value_of = info.value;
        if (PMIX_CHECK_KEY(&info, PMIX_UNSET_ENVAR) && value_of.type == PMIX_STRING &&
            value_of.data.string != nullptr) {
            remove_variable(env, info.value.data.string);
        }
        if (value_of.type != PMIX_ENVAR || value_of.data.envar.envar == nullptr ||
            value_of.data.envar.value == nullptr) {
            continue;
        }
        const std::string name = info.value.data.envar.envar;
        const std::string value = info.value.data.envar.value;
        const std::string between(1, info.value.data.envar.separator);
        const auto now = job::find_variable(env, name);
        const std::string old(now.value_or(""));
        if (PMIX_CHECK_KEY(&info, PMIX_SET_ENVAR)) job::set_variable(env, name, value);
        if (PMIX_CHECK_KEY(&info, PMIX_ADD_ENVAR) && !now) {
            job::set_variable(env, name, value);
        }
        if (PMIX_CHECK_KEY(&info, PMIX_PREPEND_ENVAR)) {
            job::set_variable(env, name, !now ? value : value + between + old);
        }
        if (PMIX_CHECK_KEY(&info, PMIX_APPEND_ENVAR)) {
            job::set_variable(env, name, !now ? value : old + between + value);
        }
    }
}

std::vector<std::string> base_environment(const jobs::Job *parent, bool exact) {
    if (exact) return {};
    return parent == nullptr ? own_environment() : parent->asked.spec.apps.front().env;
}

Result<job::App> read_app(const pmix_app_t &from, const jobs::Job *parent, bool exact) {
    const pmix::InfoView view(from.info, from.ninfo);
    job::App app;
    app.argv = pmix::from_argv(from.argv);
    if (app.argv.empty() && from.cmd != nullptr) app.argv.emplace_back(from.cmd);
    if (app.argv.empty() || app.argv.front().empty()) {
        return usage_error("an application without a command", "give a command to run");
    }
    // MPI_Comm_spawn: the command, and argv with the program's name in front.
    if (from.cmd != nullptr && from.cmd[0] != '\0') app.argv.front() = from.cmd;
    app.env = base_environment(parent, exact);
    for (const auto &entry : pmix::from_argv(from.env)) {
        const auto equals = entry.find('=');
        if (exact) {
            app.env.push_back(entry);
        } else if (equals != std::string::npos) {
            job::set_variable(app.env, entry.substr(0, equals), entry.substr(equals + 1));
        }
    }
    change_environment(view, app.env);
    app.directory = from.cwd != nullptr ? from.cwd
                    : parent != nullptr ? parent->asked.spec.apps.front().directory
                                        : own_directory();
    if (const auto directory = view.text(PMIX_WDIR)) app.directory = *directory;
    app.path = view.text(key::path).value_or("");
    app.np = std::max(from.maxprocs, 0);
    app.per_node = static_cast<int>(view.number(key::per_node).value_or(0));
    app.cpus_per_rank = static_cast<int>(view.number(key::cpus).value_or(0));
    app.gpus_per_rank = static_cast<int>(view.number(key::gpus).value_or(0));
    if (const auto hosts = view.text(PMIX_HOST)) app.hosts = split(*hosts, ',');
    return app;
}

void read_rlimits(const std::string &text, job::Inherited &inherited) {
    std::istringstream lines(text);
    job::Inherited::Rlimit limit{};
    while (lines >> limit.resource >> limit.soft >> limit.hard) {
        if (limit.resource >= 0 && limit.resource < RLIM_NLIMITS) {
            inherited.rlimits.push_back(limit);
        }
    }
}

Result<job::Placement> read_placement(const pmix::InfoView &view) {
    job::Placement placement;
    if (const auto text = view.text(PMIX_MAPBY))
        placement.map = PX_TRY(job::parse_map_by(*text));
    if (const auto text = view.text(PMIX_RANKBY)) {
        placement.rank = PX_TRY(job::parse_rank_by(*text));
    }
    if (const auto text = view.text(PMIX_BINDTO)) {
        placement.bind = PX_TRY(job::parse_bind_to(*text));
    }
    placement.exclusive = view.has(key::exclusive) && view.flag(key::exclusive);
    return placement;
}

Result<void> read_stdin(const pmix::InfoView &view, job::Io &io) {
    const auto *info = view.find(PMIX_STDIN_TGT);
    if (info == nullptr) return {};
    if (const auto rank = view.number(PMIX_STDIN_TGT)) {
        const auto wildcard = static_cast<long long>(PMIX_RANK_WILDCARD);
        io.input = *rank == wildcard
                       ? job::Stdin{job::StdinTo::all, 0}
                       : job::Stdin{job::StdinTo::one, static_cast<int>(*rank)};
        return {};
    }
    const std::string text = view.text(PMIX_STDIN_TGT).value_or("0");
    if (text == "all" || text == "none") {
        io.input.to = text == "all" ? job::StdinTo::all : job::StdinTo::none;
        return {};
    }
    io.input = {job::StdinTo::one, static_cast<int>(PX_TRY(parse_number(text)))};
    return {};
}

Result<void> read_job(const pmix::InfoView &view, jobs::Submission &to) {
    job::Spec &spec = to.spec;
    spec.placement = PX_TRY(read_placement(view));
    PX_TRY(read_stdin(view, spec.io));
    spec.io.merge_stderr = view.has(key::merge) && view.flag(key::merge);
    if (const auto size = view.text(key::pty)) {
        spec.io.pty = true;
        std::sscanf(size->c_str(), "%d %d", &to.rows, &to.columns);
    }
    if (const auto mask = view.number(key::umask)) {
        spec.inherited.umask = static_cast<int>(*mask);
    }
    if (const auto text = view.text(key::rlimits)) read_rlimits(*text, spec.inherited);
    if (const auto grace = view.number(key::grace)) {
        spec.limits.grace = std::chrono::milliseconds(*grace);
    }
    if (const auto patience = view.number(key::start_timeout)) {
        spec.limits.start_timeout = std::chrono::milliseconds(*patience);
    }
    const auto rule = view.text(key::on_failure);
    if (rule == "wait") spec.limits.on_failure = job::OnFailure::wait;
    if (rule == "ignore") spec.limits.on_failure = job::OnFailure::ignore;
    spec.limits.no_wait = view.has(key::no_wait) && view.flag(key::no_wait);
    to.map_only = view.has(PMIX_DO_NOT_LAUNCH) && view.flag(PMIX_DO_NOT_LAUNCH);
    to.dies_with_owner =
        !(view.has(PMIX_SPAWN_CHILD_SEP) && view.flag(PMIX_SPAWN_CHILD_SEP));
    to.flow = view.has(key::flow) && view.flag(key::flow);
    to.forwarded = view.has(PMIX_FWD_STDOUT) && view.flag(PMIX_FWD_STDOUT);
    return {};
}

} // namespace

Result<jobs::Submission> read_spawn(const jobs::Peer &owner, const jobs::Job *parent,
                                    const pmix_info_t infos[], std::size_t info_count,
                                    const pmix_app_t apps[], std::size_t app_count) {
    const pmix::InfoView view(infos, info_count);
    jobs::Submission to;
    to.owner = owner;
    PX_TRY(read_job(view, to));
    const bool exact = view.has(key::exact_env) && view.flag(key::exact_env);
    for (std::size_t i = 0; i < app_count; ++i) {
        to.spec.apps.push_back(PX_TRY(read_app(apps[i], parent, exact)));
    }
    if (parent != nullptr) {
        to.is_child = true;
        to.parent = parent->nspace;
        to.spec.inherited = parent->asked.spec.inherited;
        to.spec.limits = parent->asked.spec.limits;
        to.spec.io.input.to = job::StdinTo::none;
        // A rank's children share the cores of their parent where no others are free.
        if (!to.spec.placement.map.oversubscribe)
            to.spec.placement.map.oversubscribe = true;
    } else if (const auto within = view.text(key::parent)) {
        to.parent = within->substr(0, within->rfind('.'));
    }
    return to;
}

} // namespace px::server
