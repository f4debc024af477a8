// end_server.cpp - ending a server, and seeing that it is gone.
#include "rec/cli/server_here.h"

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

} // namespace

Result<void> end_server(const ServerHere &here, bool force) {
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
    // What the guard kept for its log, after a server that had to be killed.
    if (ended) ::unlink((here.directory + "/keep").c_str());
    if (ended) return {};
    return cannot_run(fmt::format("{} has not ended yet", here.name()),
                      force ? fmt::format("'ps {}' shows what it waits for", server.pid)
                            : "'pxrec down --force' kills it");
}

} // namespace px::rec
