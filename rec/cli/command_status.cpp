// command_status.cpp - pxrec status, ps and kill: a question or an order to the server.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/seconds.h"
#include "pxlaunch/base/text.h"
#include "rec/cli/commands.h"
#include "rec/cli/server_here.h"
#include "rec/cli/signal_names.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <chrono>
#include <unistd.h>

namespace px::rec {

namespace {

Result<int> dvm_status(const ServerHere &here, bool json) {
    const auto use = PX_TRY(use_of_dvm(here));
    const auto &server = here.server;
    if (json) {
        return print(fmt::format("{{\"method\": \"prrte\", \"pid\": {}, \"slots\": {}, "
                                 "\"taken\": {}, \"jobs\": {}, \"nodes\": {}, "
                                 "\"died\": {}}}\n",
                                 server.owner.pid, server.cores, use.taken, use.holders,
                                 server.nodes.size(), !server.died.empty()));
    }
    if (!server.died.empty()) {
        return print(fmt::format("{} (pid {}): it has died ({}), and is started again by "
                                 "the next job\n",
                                 what_it_serves(server), server.owner.pid, server.died));
    }
    return print(fmt::format("{} (pid {}): {} taken, {} {}, up {}\n",
                             what_it_serves(server), server.owner.pid, use.taken,
                             use.holders, use.holders == 1 ? "job" : "jobs",
                             duration_text(std::chrono::milliseconds(static_cast<long>(
                                 1000 * (seconds_since_epoch() - server.started))))));
}

// What libpmix cannot ask PRRTE.
Result<Visit> visit_own(const ServerHere &here, const char *command) {
    if (!is_dvm(here)) return Visit::to(here);
    return cannot_run(
        fmt::format("'pxrec {}' does not know the jobs of a PRRTE DVM", command),
        "'pxrec status' shows its slots; Ctrl-C, or a signal to its pxlaunch, "
        "ends a job");
}

} // namespace

Result<int> command_status(const Arguments &arguments) {
    const auto here = PX_TRY(find_server(look_around().here));
    if (is_dvm(here)) return dvm_status(here, arguments.has("json"));
    auto visit = PX_TRY(Visit::to(here));
    const auto server = PX_TRY(visit.status());
    const auto jobs = PX_TRY(visit.jobs()).size();
    return print(arguments.has("json")
                     ? status_json(server, jobs, here.server.log)
                     : status_text(server, jobs, seconds_since_epoch()));
}

Result<int> command_ps(const Arguments &arguments) {
    const auto here = PX_TRY(find_server(look_around().here));
    auto visit = PX_TRY(visit_own(here, "ps"));
    auto jobs = PX_TRY(visit.jobs());
    if (!arguments.words.empty()) jobs = PX_TRY(only_job(jobs, arguments.words[0]));
    return print(arguments.has("json") ? ps_json(jobs)
                                       : ps_text(jobs, seconds_since_epoch()));
}

Result<int> command_kill(const Arguments &arguments) {
    const int number = PX_TRY(parse_signal(arguments.value("signal").value_or("TERM")));
    const auto here = PX_TRY(find_server(look_around().here));
    auto visit = PX_TRY(visit_own(here, "kill"));
    const auto jobs = PX_TRY(visit.jobs());
    for (const auto &name : arguments.words) PX_TRY(only_job(jobs, name));
    for (const auto &name : arguments.words) visit.signal(name, number);
    // Orders and questions keep their order: with the answer the signals are delivered.
    PX_TRY(visit.jobs());
    return 0;
}

} // namespace px::rec
