// start_shared.cpp - the one server of an allocation, or of all who name the same nodes.
#include "pxlaunch/drive/messages.h"
#include "pxlaunch/launch/launch.h"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

namespace px::launch {

namespace {

std::vector<std::string> serve_words(const discover::Found &found,
                                     const cli::Options &options,
                                     const discover::Here &here) {
    std::vector<std::string> words = {
        fmt::format("--pool={}", found.pool), fmt::format("--method={}", found.method),
        fmt::format("--deadline={}", options.limits.start_timeout.count())};
    if (found.method == "local" && found.cores > 0)
        words.push_back(fmt::format("--cores={}", found.cores));
    if (found.threads > 0) words.push_back(fmt::format("--threads={}", found.threads));
    for (const auto &host : found.hosts) words.push_back("--host=" + host);
    if (options.rec.starts_with("prrte:"))
        words.push_back("--prrte=" + options.rec.substr(6));
    if (!found.host_root.empty()) words.push_back("--root=" + found.host_root);
    if (found.method == "pmi2") words.push_back("--pmi=" + here.get("PMI_FD"));
    if (!options.pxwrap.empty()) words.push_back("--pxwrap=" + options.pxwrap);
    return words;
}

} // namespace

// It ends soon after the last job.
Result<void> Launch::start_shared(discover::Found &found) {
    if (!runs_job()) return {};
    const auto &options = command_.options;
    auto server = PX_TRY(tool::LocalServer::start(serve_words(found, options, here_),
                                                  tool::LocalServer::Life::own));
    const auto ready =
        server.wait({options.limits.start_timeout, signals_ ? signals_->ending() : -1});
    // Of several who start it at once one succeeds, and the others find it.
    const auto end = Clock::now() + options.limits.start_timeout;
    const auto directory = discover::pool_name(here_, found.pool);
    do {
        auto look = discover::look_for_key(here_, found.pool);
        if (look.found) {
            look.found->from = found.from;
            found = std::move(*look.found);
            if (ready && found.allocation.components > 1)
                (void)write_all(STDERR_FILENO, drive::rendered_message(
                                                   discover::first_of(found.allocation)));
            return {};
        }
        if (const auto signal = signals_ ? signals_->read_ending() : std::nullopt)
            return drive::not_started(*signal);
        if (!ready && !discover::is_being_started(here_, directory)) return ready.error();
        ::poll(nullptr, 0, 10);
    } while (Clock::now() < end);
    return ready ? cannot_run("the server that was started is gone again")
                 : ready.error();
}

} // namespace px::launch
