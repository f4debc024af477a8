// audit.cpp - who ran how much for how long.
#include "pxlaunch/launch/audit.h"

#include "pxlaunch/discover/allocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <syslog.h>
#include <unistd.h>

namespace px::launch {

std::string method_of(const discover::Found &found) {
    if (found.kind == discover::Found::start_local) return "local";
    return found.server.ours ? found.server.ours->method : found.from;
}

int count_nodes(const job::JobResult &result) {
    std::set<std::string> nodes;
    for (const auto &rank : result.ranks) nodes.insert(rank.host);
    return std::max(1, static_cast<int>(nodes.size()));
}

std::string audit_line(const Audited &job, const std::string &user,
                       const std::string &allocation) {
    return fmt::format(
        "user={} allocation={} method={} ranks={} nodes={} seconds={:.1f} exit={}", user,
        allocation, job.method, job.ranks, job.nodes, job.seconds, job.exit);
}

void audit(const Audited &job) {
    const auto allocation = discover::find_allocation(discover::this_process());
    const auto line = audit_line(job, fmt::format("{}", ::getuid()), allocation.key());
    ::openlog("pxlaunch", LOG_PID, LOG_USER);
    ::syslog(LOG_INFO, "%s", line.c_str());
    ::closelog();
}

} // namespace px::launch
