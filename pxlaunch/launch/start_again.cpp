// start_again.cpp - a DVM of ours that has died since its last job.
#include "pxlaunch/shims/start_again.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/server_owner.h"
#include "pxlaunch/drive/messages.h"
#include "pxlaunch/launch/launch.h"

#include <fmt/format.h>

#include <unistd.h>
#include <vector>

namespace px::launch {

// Its keeper says so, or nobody listens any more and the keeper has not noticed yet.
bool Launch::has_died(const discover::Found &found) const {
    if (!found.server.ours || found.server.ours->method != "prrte") return false;
    const auto &server = *found.server.ours;
    const bool is_near = server.owner.host == here_.host;
    return !server.died.empty() ||
           (is_near && !discover::owner_of_listener(server.uri, here_));
}

// libpmix 7 cannot be initialised once more where that has failed. Returns if this
// program cannot be executed, as in a root without /proc.
void Launch::run_anew() {
    std::vector<char *> entries;
    for (const auto &entry : surroundings_.environment)
        entries.push_back(const_cast<char *>(entry.c_str()));
    entries.push_back(nullptr);
    ::execve("/proc/self/exe", argv_, entries.data());
}

// Once for each job, and said by the one for whom it was done.
Result<void> Launch::start_again(discover::Found &found) {
    if (!runs_job() || !has_died(found)) return {};
    const auto &keeper = *found.server.ours;
    const std::string dvm = fmt::format("the DVM on {}", join(keeper.nodes, ","));
    Loop *const loop = PX_TRY(this->loop());
    const auto died = shims::start_again(
        *loop, {keeper.secret, keeper.owner.host, keeper.tickets}, keeper.uri, here_.host,
        {command_.options.limits.start_timeout, signals_ ? signals_->ending() : -1});
    if (!died) {
        if (const auto signal = signals_ ? signals_->read_ending() : std::nullopt)
            return drive::not_started(*signal);
        return cannot_run(
            fmt::format("{} has died{} and cannot be started again: {}", dvm,
                        keeper.died.empty() ? "" : fmt::format(" ({})", keeper.died),
                        died.error().what),
            died.error().hint);
    }
    if (!died->empty()) {
        (void)write_all(STDERR_FILENO,
                        drive::rendered_message(
                            fmt::format("{} had died ({}); started again", dvm, *died)));
    }
    found = discover::look_again(std::move(found), here_);
    return {};
}

} // namespace px::launch
