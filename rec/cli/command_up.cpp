// command_up.cpp - pxrec up: the one server of an allocation.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/candidates.h"
#include "rec/cli/background.h"
#include "rec/cli/commands.h"
#include "rec/cli/server_here.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

namespace px::rec {

namespace {

Error runs_already(const ServerHere &running) {
    const auto &server = running.server;
    std::string more;
    if (running.of_script) more = ", for the script of 'pxrec run' around this";
    if (is_dvm(running)) {
        more += fmt::format(" and serves {} slots on {}", server.cores,
                            join(server.nodes, ","));
    }
    return cannot_run(fmt::format("{} runs already{}", running.name(), more),
                      running.of_script ? "every pxlaunch of the script uses it"
                                        : "every pxlaunch uses it; 'pxrec down' ends it");
}

// An Error if this allocation has a server; of ours, or one that we cannot use.
Result<void> check_alone(const discover::Here &here) {
    if (const auto named = find_server(here); named && here.has("PXLAUNCH_URI"))
        return runs_already(*named);
    if (const auto running = find_pool(here)) {
        // A keeper whose DVM has died has nothing to lose, and may be for other nodes.
        if (running->server.died.empty()) return runs_already(*running);
        PX_TRY(end_server(*running, true));
    }
    const auto look = discover::look_at_pool(here);
    if (!look.answer().stops) return {};
    return cannot_run(look.answer().reason, look.answer().hint);
}

// Of several `up` at once the others are to hear who has won.
Error why_failed(Error error, const discover::Here &here, const std::string &allocation) {
    const std::string name = discover::pool_name(here, allocation);
    for (int rounds = 0; rounds < 1000 && discover::is_being_started(here, name);
         ++rounds) {
        if (const auto winner = find_pool(here)) return runs_already(*winner);
        ::poll(nullptr, 0, 10);
    }
    return error;
}

} // namespace

Result<int> command_up(const Arguments &arguments) {
    const Site site = look_around();
    auto options = PX_TRY(options_for_many(arguments, site));
    options.discoverable = true;
    options.idle = PX_TRY(arguments.duration("idle"));
    if (!options.idle) options.idle = site.config.idle_timeout;
    const auto deadline = PX_TRY(arguments.duration("start-timeout"));
    const std::string warning = PX_TRY(may_serve(site, options.method));
    discover::forget_lost(site.here);
    PX_TRY(check_alone(site.here));
    discover::remove_dead_run_directories(site.here);

    auto started = start_in_background(options, site.here,
                                       deadline.value_or(std::chrono::minutes(1)));
    if (!started) {
        return why_failed(std::move(started).error(), site.here, options.allocation);
    }
    if (!warning.empty()) (void)write_all(STDERR_FILENO, message_lines(warning, "pxrec"));
    const auto &server = started->server;
    PX_TRY(
        write_all(STDOUT_FILENO, fmt::format("pxrec: serving {} (pid {})\n",
                                             what_it_serves(server), server.owner.pid)));
    return 0;
}

} // namespace px::rec
