// command_down.cpp - pxrec down: ending a server, and seeing that it is gone.
#include "pxlaunch/base/fd.h"
#include "rec/cli/commands.h"
#include "rec/cli/server_here.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <poll.h>
#include <unistd.h>

namespace px::rec {

namespace {

constexpr Milliseconds patience{15'000}; // the server's last words, the guard's sweep
constexpr Milliseconds patience_of_force{5000}; // until it is killed

bool wait_until(const std::function<bool()> &holds, Milliseconds most) {
    const auto end = Clock::now() + most;
    while (!holds()) {
        if (Clock::now() > end) return false;
        ::poll(nullptr, 0, 5);
    }
    return true;
}

bool lives(const discover::Owner &owner) {
    return owner.start != 0 && discover::start_of(owner.pid) == owner.start;
}

std::string count_text(std::size_t count, const char *what) {
    return count == 1 ? fmt::format("1 job {}", what)
                      : fmt::format("{} jobs {}", count, what);
}

Result<void> check_idle(const ServerHere &here) {
    if (is_dvm(here)) {
        const auto use = PX_TRY(use_of_dvm(here));
        if (use.holders == 0) return {};
        return cannot_run(fmt::format("{} or {} on {}",
                                      count_text(static_cast<std::size_t>(use.holders),
                                                 use.holders == 1 ? "runs" : "run"),
                                      use.holders == 1 ? "waits" : "wait", here.name()),
                          "'pxrec down --force' kills them");
    }
    auto visit = PX_TRY(Visit::to(here));
    const auto running = PX_TRY(visit.jobs()).size();
    const auto waiting = PX_TRY(visit.status()).waiting;
    if (running == 0 && waiting == 0) return {};
    std::string what =
        running > 0 ? count_text(running, running == 1 ? "runs" : "run") : "";
    if (waiting > 0) {
        what +=
            (what.empty() ? "" : " and ") + count_text(static_cast<std::size_t>(waiting),
                                                       waiting == 1 ? "waits" : "wait");
    }
    return cannot_run(fmt::format("{} on {}", what, here.name()),
                      "'pxrec ps' lists them; 'pxrec down --force' kills them");
}

Result<void> end(const ServerHere &here, bool force) {
    const auto &server = here.server.owner;
    const auto guard = discover::read_owner(here.directory).value_or(discover::Owner{});
    const auto gone = [&] { return !lives(server) && !lives(guard); };
    if (lives(server) && ::kill(server.pid, SIGTERM) != 0 && errno != ESRCH) {
        return system_error(fmt::format("cannot end {}", here.name()), errno);
    }
    bool ended = wait_until(gone, force ? patience_of_force : patience);
    if (!ended && force) {
        if (lives(server)) ::kill(server.pid, SIGKILL);
        ended = wait_until(gone, patience);
    }
    if (ended) return {};
    return cannot_run(fmt::format("{} has not ended yet", here.name()),
                      force ? fmt::format("'ps {}' shows what it waits for", server.pid)
                            : "'pxrec down --force' kills it");
}

} // namespace

Result<int> command_down(const Arguments &arguments) {
    const auto site = look_around();
    auto here = find_server(site.here);
    if (!here) {
        discover::remove_dead_run_directories(site.here);
        auto error = std::move(here).error();
        if (error.hint == start_one) error.hint.clear();
        return error;
    }
    if (here->of_script) {
        return cannot_run(fmt::format("{} belongs to 'pxrec run'", here->name()),
                          "it ends with the command that it runs");
    }
    const bool force = arguments.has("force");
    if (discover::life_of(here->server.owner, site.here) != discover::Life::alive) {
        return cannot_run(fmt::format("{} is in another pid namespace", here->name()),
                          "run 'pxrec down' where it was started");
    }
    if (!force) PX_TRY(check_idle(*here));
    PX_TRY(end(*here, force));
    // What the guard kept for its log, after a server that had to be killed.
    ::unlink((here->directory + "/keep").c_str());
    discover::remove_dead_run_directories(site.here);
    PX_TRY(write_all(STDOUT_FILENO, fmt::format("pxrec: ended {}\n", here->name())));
    return 0;
}

} // namespace px::rec
