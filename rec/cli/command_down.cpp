// command_down.cpp - pxrec down: ending a server, and seeing that it is gone.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/discover/candidates.h"
#include "rec/cli/commands.h"
#include "rec/cli/server_here.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

namespace px::rec {

namespace {

std::string count_text(std::size_t count, const char *what) {
    return count == 1 ? fmt::format("1 job {}", what)
                      : fmt::format("{} jobs {}", count, what);
}

Result<void> check_idle(const ServerHere &here) {
    if (is_dvm(here)) {
        auto use = PX_TRY(use_of_dvm(here));
        // A pxlaunch that has just ended may not have been seen to.
        for (int rounds = 0; rounds < 50 && use.holders > 0; ++rounds) {
            ::poll(nullptr, 0, 10);
            use = PX_TRY(use_of_dvm(here));
        }
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

} // namespace

Result<int> command_down(const Arguments &arguments) {
    const auto site = look_around();
    auto here = find_server(site.here);
    if (!here) {
        discover::forget_lost(site.here);
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
    PX_TRY(end_server(*here, force));
    discover::remove_dead_run_directories(site.here);
    PX_TRY(write_all(STDOUT_FILENO, fmt::format("pxrec: ended {}\n", here->name())));
    return 0;
}

} // namespace px::rec
