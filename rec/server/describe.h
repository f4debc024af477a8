#pragma once
// The server and its jobs as JSON, for pxrec ps and pxrec status.

#include "pxlaunch/pmix/info.h"
#include "rec/server/host.h"

namespace px::server {

// [{"job", "owner", "command", "ranks": [{"rank", "host", "pid", "state", "status"}]}]
std::string describe_jobs(const Host &host);
// {"version", "pmix", "pid", "uri", "host", "managed", "cores", "free_cores", "jobs",
//  "waiting", "refused_connections", "started"}
std::string describe_server(const Host &host);
// How a job ended, in the words of PMIX_EVENT_JOB_END.
void add_end(const job::JobResult &result, pmix::InfoList &infos);
// Why the caller's submission has not been answered yet; empty if it does not wait.
std::string describe_wait(const Host &host, const jobs::Peer &owner);

} // namespace px::server
