// server_here.cpp - finding the server, and asking it.
#include "rec/cli/server_here.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/candidates.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

namespace px::rec {

namespace {

constexpr Milliseconds answer_patience{10'000};

ServerHere described(const discover::Rendezvous &server) {
    ServerHere found;
    found.server = server;
    found.directory = server.log.substr(0, server.log.rfind('/'));
    const auto name = found.directory.substr(found.directory.rfind('/') + 1);
    found.of_script = !name.starts_with("pool.");
    return found;
}

Result<ServerHere> named_server(const discover::Here &here) {
    auto uri =
        PX_TRY(discover::read_server_uri(here.get("PXLAUNCH_URI"), "PXLAUNCH_URI", here));
    const auto found = discover::attach_to(std::move(uri), "uri", here);
    if (found.server.ours) return described(*found.server.ours);
    return cannot_run("PXLAUNCH_URI names a server that is not pxrec's",
                      "unset PXLAUNCH_URI to see the server of 'pxrec up'");
}

Error no_server(const discover::Look &look) {
    std::string what;
    for (const auto &candidate : look.candidates) {
        what += (what.empty() ? "" : "\n") + candidate.reason;
    }
    const auto &hint = look.answer().hint;
    return cannot_run(what, look.answer().stops ? hint : start_one);
}

Error no_answer(const std::string &name) {
    return cannot_run(fmt::format("{} does not answer", name),
                      "'pxrec down --force' ends it, whatever it does");
}

} // namespace

std::string ServerHere::name() const {
    return fmt::format("the server (pid {})", server.owner.pid);
}

Result<ServerHere> find_server(const discover::Here &here) {
    return here.has("PXLAUNCH_URI") ? named_server(here) : find_pool(here);
}

Result<ServerHere> find_pool(const discover::Here &here) {
    const auto look = discover::look_at_pool(here);
    if (!look.found || !look.found->server.ours) return no_server(look);
    return described(*look.found->server.ours);
}

std::string what_it_serves(const discover::Rendezvous &server) {
    if (server.method == "srun" || server.method == "pmi2")
        return fmt::format("{} cores of {} with srun", server.cores,
                           join(server.nodes, ","));
    if (server.method != "prrte")
        return fmt::format("{} cores of {}", server.cores, server.owner.host);
    return fmt::format("{} slots on {} {} with PRRTE", server.cores, server.nodes.size(),
                       server.nodes.size() == 1 ? "node" : "nodes");
}

Result<DvmUse> use_of_dvm(const ServerHere &here) {
    const auto text = PX_TRY(read_file(here.directory + "/use"));
    DvmUse use;
    if (std::sscanf(text.c_str(), "%d %d", &use.taken, &use.holders) == 2) return use;
    return cannot_run(fmt::format("{}/use is damaged", here.directory));
}

Result<Visit> Visit::to(const ServerHere &server) {
    pmix::settle_environment();
    Visit visit;
    visit.name_ = server.name();
    visit.loop_ = PX_TRY(Loop::create());
    auto session = tool::Session::attach(
        *visit.loop_, {discover::namespace_of(server.server.uri), server.server.uri,
                       server.server.pmix_version, answer_patience});
    if (!session) return no_answer(visit.name_);
    visit.session_ = std::move(*session);
    return visit;
}

Result<ServerView> Visit::status() {
    const auto document = PX_TRY(ask(pmix::key::status));
    return read_server(document);
}

Result<std::vector<JobView>> Visit::jobs() {
    const auto document = PX_TRY(ask(pmix::key::jobs));
    return read_jobs(document);
}

Result<std::string> Visit::ask(const std::string &key) {
    // Shared with callbacks that may come when nobody waits any more.
    const auto answer = std::make_shared<std::optional<Result<std::string>>>();
    const auto stop = [answer, loop = loop_.get()](Result<std::string> text) {
        if (!*answer) *answer = std::move(text);
        loop->stop();
    };
    const std::string name = name_;
    session_->on_lost = [stop, name] {
        stop(cannot_run(fmt::format("{} has ended", name)));
    };
    session_->query({key}, "", [stop, name, key](Result<tool::Session::Answers> answers) {
        if (!answers) return stop(std::move(answers).error());
        const auto found = answers->find(key);
        stop(found == answers->end() ? no_answer(name)
                                     : Result<std::string>(found->second));
    });
    const auto timer =
        loop_->after(answer_patience, [stop, name] { stop(no_answer(name)); });
    loop_->run();
    loop_->cancel(timer);
    session_->on_lost = nullptr;
    return std::move(**answer);
}

} // namespace px::rec
