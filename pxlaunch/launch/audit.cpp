// audit.cpp - who ran how much for how long.
#include "pxlaunch/launch/audit.h"

#include "pxlaunch/discover/allocation.h"

#include <fmt/format.h>

#include <syslog.h>
#include <unistd.h>

namespace px::launch {

std::string audit_line(const Audited &job, const std::string &user,
                       const std::string &allocation) {
    return fmt::format(
        "user={} allocation={} method={} ranks={} nodes=1 seconds={:.1f} exit={}", user,
        allocation, job.method, job.ranks, job.seconds, job.exit);
}

void audit(const Audited &job) {
    const auto allocation = discover::find_allocation(discover::this_process());
    const auto line = audit_line(job, fmt::format("{}", ::getuid()), allocation.key());
    ::openlog("pxlaunch", LOG_PID, LOG_USER);
    ::syslog(LOG_INFO, "%s", line.c_str());
    ::closelog();
}

} // namespace px::launch
