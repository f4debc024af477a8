// describe.cpp - JSON for those who look from outside.
#include "rec/server/describe.h"

#include "pxlaunch/pmix/settings.h"
#include "rec/server/door.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace px::server {

namespace {

using Json = nlohmann::ordered_json;

// Arguments are bytes, JSON is text: what is no UTF-8 is shown as U+FFFD.
std::string dump(const Json &json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char *state_of(const jobs::Rank &rank) {
    if (rank.reaped) return "ended";
    return rank.connected ? "connected" : "running";
}

} // namespace

std::string describe_jobs(const Host &host) {
    Json list = Json::array();
    for (const auto &job : host.jobs.jobs()) {
        if (job->ended) continue;
        Json ranks = Json::array();
        for (std::size_t i = 0; i < job->ranks.size(); ++i) {
            const auto &rank = job->ranks[i];
            ranks.push_back({{"rank", i},
                             {"host", rank.end.host},
                             {"pid", rank.pid},
                             {"state", state_of(rank)},
                             {"status", rank.end.status()},
                             {"started", rank.end.started}});
        }
        list.push_back({{"job", job->nspace},
                        {"owner", job->asked.owner.nspace},
                        {"command", job->asked.spec.apps.front().argv},
                        {"ranks", ranks}});
    }
    return dump(list);
}

std::string describe_server(const Host &host) {
    return dump({{"version", PX_VERSION},
                 {"pmix", pmix::library_version()},
                 {"pid", ::getpid()},
                 {"uri", host.uri()},
                 {"host", host.pool.host()},
                 {"managed", host.pool.managed()},
                 {"cores", host.pool.cores()},
                 {"free_cores", host.pool.free_cores()},
                 {"jobs", host.jobs.jobs().size()},
                 {"waiting", host.jobs.waiting()},
                 {"refused_connections", refused_connections()},
                 {"started", host.started}});
}

std::string describe_wait(const Host &host, const jobs::Peer &owner) {
    if (!host.jobs.is_waiting(owner)) return {};
    const auto nodes = host.pool.nodes().size();
    return fmt::format("{} of {} cores on {} are free, {} jobs wait",
                       host.pool.free_cores(), host.pool.cores(),
                       nodes == 1 ? host.pool.host() : fmt::format("{} nodes", nodes),
                       host.jobs.waiting());
}

} // namespace px::server
