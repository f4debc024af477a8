// launch.cpp - command line, discovery, attach, spawn, drive: each step in its own folder.
#include "pxlaunch/cli/launch.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/command.h"
#include "pxlaunch/cli/make_spec.h"
#include "pxlaunch/discover/discover.h"
#include "pxlaunch/drive/drive.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/local_server.h"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace px::cli {

namespace {

void print(const Error &error) {
    const std::string text = drive::rendered(error);
    (void)write_all(STDERR_FILENO, text);
}

int print_all(const std::vector<Error> &errors) {
    for (const auto &error : errors) print(error);
    return static_cast<int>(errors.front().exit);
}

int print_text(const std::string &text) {
    const auto written = write_all(STDOUT_FILENO, text);
    return written ? 0 : 1;
}

// Whether the site wants servers started on this host at all.
Result<void> check_local_policy(const Config &config, const std::string &host) {
    for (const auto &policy : config.local) {
        if (!matches(policy.host, host)) continue;
        if (policy.rule == LocalRule::allow) return {};
        if (policy.rule == LocalRule::refuse) {
            return cannot_run(fmt::format("jobs may not run on '{}' itself: {} says so", host,
                                          config.site_path),
                              policy.message);
        }
        (void)write_all(STDERR_FILENO, drive::rendered_message(policy.message));
        return {};
    }
    return {};
}

// The rank that we run in, if it is one of the server that we attach to.
std::string parent_of(const discover::Found &found, const job::Environment &environment) {
    if (found.from != "parent") return {};
    const auto value = [&environment](std::string_view name) -> std::string {
        for (const auto &entry : environment) {
            if (entry.starts_with(name) && entry[name.size()] == '=') {
                return entry.substr(name.size() + 1);
            }
        }
        return {};
    };
    return value("PMIX_NAMESPACE") + "." + value("PMIX_RANK");
}

class Launch {
  public:
    Launch(Command command, Surroundings surroundings)
        : command_(std::move(command)), surroundings_(std::move(surroundings)),
          here_(discover::this_process()) {}

    int run();

  private:
    Result<discover::Found> find_server();
    Result<void> start_server(const discover::Found &found);
    Result<int> run_job(const discover::Found &found);
    Result<tool::AttachTo> address(const discover::Found &found);

    Command command_;
    Surroundings surroundings_;
    discover::Here here_;
    std::optional<tool::LocalServer> server_;
    std::string server_directory_;
    job::Spec spec_;
};

Result<discover::Found> Launch::find_server() {
    const Options &options = command_.options;
    here_.site_directory = command_.config.run_directory;
    discover::Wish wish;
    wish.rec = options.rec;
    wish.uri = options.uri;
    wish.no_start = options.no_start;
    auto discovery = discover::discover(wish, here_);
    for (auto &reason : discovery.reasons) command_.reasons.push_back(std::move(reason));
    return std::move(discovery.found);
}

Result<void> Launch::start_server(const discover::Found &found) {
    if (found.kind != discover::Found::start_local) return {};
    PX_TRY(check_local_policy(command_.config, here_.host));
    bool gpus = false;
    for (const auto &app : command_.options.apps) gpus = gpus || app.gpus_per_rank.value_or(0) > 0;
    server_ = PX_TRY(tool::LocalServer::start(gpus));
    return {};
}

Result<tool::AttachTo> Launch::address(const discover::Found &found) {
    const auto deadline = command_.options.limits.start_timeout;
    if (!server_) return tool::AttachTo{found.server.attach, found.server.version, deadline};
    const auto ready = PX_TRY(server_->wait(deadline));
    server_directory_ = ready.directory;
    return tool::AttachTo{ready.uri, pmix::library_version(), deadline};
}

Result<int> Launch::run_job(const discover::Found &found) {
    auto loop = PX_TRY(Loop::create());
    auto signals = PX_TRY(drive::Signals::block(spec_.limits.forward_signals));
    const auto to = PX_TRY(address(found));
    auto session = PX_TRY(tool::Session::attach(*loop, to));
    drive::DriveOptions options;
    options.parent = parent_of(found, surroundings_.environment);
    drive::Drive driver(*loop, *session, *signals, spec_, options, {});
    const auto result = PX_TRY(driver.run());
    drive::EndingContext context;
    context.rule = spec_.limits.on_failure;
    context.timeout = spec_.limits.timeout.value_or(std::chrono::milliseconds(0));
    context.running = spec_.np();
    const std::string text = drive::rendered(drive::ending(result, context));
    if (!text.empty()) (void)write_all(STDERR_FILENO, text);
    return job::exit_code(result, spec_.limits.on_failure);
}

int Launch::run() {
    pmix::settle_environment();
    auto found = find_server();
    if (!found) return print_all({found.error()});
    if (auto started = start_server(*found); !started) return print_all({started.error()});
    surroundings_.allocation.managed = found->managed;
    surroundings_.allocation.cores = found->cores;
    auto spec = make_spec(command_.options, command_.config, surroundings_, command_.reasons);
    if (!spec) return print_all(spec.errors);
    spec_ = std::move(spec.value);
    auto status = run_job(*found);
    return status ? *status : print_all({status.error()});
}

} // namespace

int launch(int argc, char **argv) {
    Surroundings surroundings = look_around();
    auto parsed = parse_command_line(argc, argv, surroundings.environment);
    if (!parsed) return print_all(parsed.errors);
    if (!parsed->text.empty()) return print_text(parsed->text);
    Launch launch(std::move(parsed.value), std::move(surroundings));
    const int status = launch.run();
    std::fflush(nullptr);
    ::_exit(status); // libpmix's thread still runs: nothing may be destroyed under it
}

} // namespace px::cli
