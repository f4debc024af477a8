// launch.cpp - command line, discovery, inspection: what happens before a job runs.
#include "pxlaunch/launch/launch.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/config_policy.h"
#include "pxlaunch/cli/inspect.h"
#include "pxlaunch/discover/probe.h"
#include "pxlaunch/drive/messages.h"
#include "pxlaunch/job/hostfile.h"
#include "pxlaunch/launch/describe.h"
#include "pxlaunch/pmix/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace px::launch {

void print_error(const Error &error) {
    (void)write_all(STDERR_FILENO, drive::rendered(error));
}

namespace {

int print_all(const std::vector<Error> &errors) {
    for (const auto &error : errors) print_error(error);
    return static_cast<int>(errors.front().exit);
}

Result<int> print_text(const std::string &text) {
    if (auto written = write_all(STDOUT_FILENO, text); !written) {
        return cannot_run(fmt::format("stdout: {}", written.error().what));
    }
    return 0;
}

// Of the hostfile, else of --host; every node once.
Result<std::vector<std::string>> named_hosts(const cli::Options &options) {
    if (!options.hostfile.empty()) {
        auto hosts = job::read_hostfile(options.hostfile);
        return hosts ? std::move(*hosts) : std::vector<std::string>(); // the Spec's error
    }
    std::vector<std::string> hosts;
    for (const auto &app : options.apps) {
        for (const auto &host : app.hosts) {
            if (std::find(hosts.begin(), hosts.end(), host) == hosts.end())
                hosts.push_back(host);
        }
    }
    return hosts;
}

} // namespace

Launch::Launch(cli::Command command, cli::Surroundings surroundings, char **argv)
    : argv_(argv), command_(std::move(command)), surroundings_(std::move(surroundings)),
      here_(discover::this_process()) {
    cli::apply_site(command_.config, here_);
}

// What would be used first, if the user has named it; then what else is here.
Result<int> Launch::probe() {
    const auto &options = command_.options;
    const auto discovery = PX_TRY(discover());
    const bool is_named = !options.rec.empty() || !options.uri.empty() ||
                          here_.has("PXLAUNCH_REC") || here_.has("PXLAUNCH_URI");
    std::vector<discover::Candidate> candidates;
    if (is_named) candidates = discovery.candidates;
    if (is_named && candidates.empty()) return discovery.found.error();
    const auto named = candidates;
    for (const auto &each : discover::look_at_all(here_)) {
        const auto is_same = [&](const auto &other) { return other.name == each.name; };
        if (std::none_of(named.begin(), named.end(), is_same)) candidates.push_back(each);
    }
    (void)PX_TRY(print_text(options.json ? discover::candidate_json(candidates) + "\n"
                                         : discover::candidate_table(candidates) + "\n"));
    return discovery.found ? 0 : static_cast<int>(Exit::cannot_run);
}

Result<discover::Discovery> Launch::discover() {
    const cli::Options &options = command_.options;
    here_.hosts = PX_TRY(named_hosts(options));
    discover::Wish wish;
    wish.rec = options.rec;
    wish.uri = options.uri;
    wish.no_start = options.no_start;
    if (!options.server_origin.empty())
        wish.rec_name = wish.uri_name = options.server_origin;
    return discover::discover(wish, here_);
}

Result<discover::Found> Launch::find_server() {
    auto discovery = PX_TRY(discover());
    for (auto &reason : discovery.reasons) command_.reasons.push_back(std::move(reason));
    return std::move(discovery.found);
}

// A dry run asks a server where the ranks would be, to draw them.
bool Launch::runs_job() const {
    const cli::Options &options = command_.options;
    return !options.runs_nothing() || (options.dry_run && options.display.any());
}

Result<void> Launch::check_policy(const discover::Found &found) {
    const bool is_here =
        found.kind == discover::Found::start_local ||
        (found.kind == discover::Found::start_shared && found.method == "local");
    if (!is_here) return {};
    const auto warning = PX_TRY(cli::may_run_here(command_.config, here_.host));
    if (!warning.empty())
        (void)write_all(STDERR_FILENO, drive::rendered_message(warning));
    return {};
}

Result<void> Launch::start_server(discover::Found &found) {
    PX_TRY(check_policy(found));
    if (found.kind == discover::Found::start_shared) PX_TRY(start_shared(found));
    if (found.kind != discover::Found::start_local) return start_again(found);
    if (!runs_job()) return {};
    const cli::Options &options = command_.options;
    const bool gpus = std::any_of(
        options.apps.begin(), options.apps.end(),
        [](const cli::AppOptions &app) { return app.gpus_per_rank.value_or(0) > 0; });
    server_ = PX_TRY(tool::LocalServer::start(gpus ? std::vector<std::string>{"--gpus"}
                                                   : std::vector<std::string>{}));
    return {};
}

Result<tool::AttachTo> Launch::address(const discover::Found &found, int interrupt) {
    const Patience patience{command_.options.limits.start_timeout, interrupt};
    if (!server_)
        return tool::AttachTo{found.server.nspace, found.server.attach,
                              found.server.version, patience};
    const auto ready = PX_TRY(server_->wait(patience));
    server_directory_ = ready.directory;
    return tool::AttachTo{discover::namespace_of(ready.uri), ready.uri,
                          pmix::library_version(), patience};
}

// What the chosen server changes for the counts and places of the job.
Result<void> Launch::describe(discover::Found &found) {
    const bool is_foreign = found.kind == discover::Found::attach && !found.ours &&
                            (!found.server.ours || found.server.ours->nodes.empty());
    surroundings_.allocation.managed = found.managed;
    if (is_foreign) return learn_nodes(found);
    describe_server(found, surroundings_.allocation, command_.reasons);
    return {};
}

Result<int> Launch::inspect(discover::Found &found) {
    const cli::Options &options = command_.options;
    if (options.explain) {
        return print_text(options.json ? cli::explain_json(command_.reasons) + "\n"
                                       : cli::explain_text(command_.reasons));
    }
    (void)PX_TRY(print_text(cli::dry_run_json(spec_, {found.from, found.server.attach},
                                              surroundings_.environment) +
                            "\n"));
    return options.display.any() ? run_job(found) : 0;
}

Result<int> Launch::find_and_run() {
    if (command_.options.probe) return probe();
    if (!command_.options.jobs.empty()) return run_list();
    auto found = PX_TRY(find_server());
    if (runs_job()) {
        // Before there is anything that a signal could leave behind.
        signals_ = PX_TRY(drive::Signals::block(command_.options.limits.forward_signals));
    }
    PX_TRY(start_server(found));
    PX_TRY(describe(found));
    auto spec = cli::make_spec(command_.options, command_.config, surroundings_,
                               command_.reasons);
    if (!spec) {
        (void)told(spec.errors.front());
        return print_all(spec.errors);
    }
    spec_ = std::move(spec.value);
    if (command_.options.verbose > 0) {
        (void)write_all(STDERR_FILENO, cli::explain_text(command_.reasons));
    }
    return command_.options.runs_nothing() ? inspect(found) : run_job(found);
}

int Launch::run() {
    auto status = find_and_run();
    if (!status) print_error(status.error());
    // It has nothing to wait for: a second is for a machine that swaps.
    if (server_) server_->end(std::chrono::seconds(1));
    return status ? *status : static_cast<int>(status.error().exit);
}

int run(int argc, char **argv) {
    cli::Surroundings surroundings = cli::look_around();
    auto parsed = cli::parse_command_line(argc, argv, surroundings.environment);
    if (!parsed) return print_all(parsed.errors);
    if (!parsed->text.empty()) return print_text(parsed->text) ? 0 : 1;
    Launch launch(std::move(parsed.value), std::move(surroundings), argv);
    pmix::settle_environment(); // discovery has its copy of what it drops
    const int status = launch.run();
    std::fflush(nullptr);
    ::_exit(status); // libpmix's thread still runs: nothing may be destroyed under it
}

} // namespace px::launch
