#pragma once
// The site's record of a job: one line to syslog, without argv and environment.

#include "pxlaunch/discover/candidates.h"
#include "pxlaunch/job/result.h"

#include <string>

namespace px::launch {

struct Audited {
    std::string method;
    int ranks = 0, nodes = 1;
    double seconds = 0;
    int exit = 0;
};

// Who has started the ranks: "srun" also on a server that was there before.
std::string method_of(const discover::Found &found);
int count_nodes(const job::JobResult &result); // of its ranks, at least 1

std::string audit_line(const Audited &job, const std::string &user,
                       const std::string &allocation);
void audit(const Audited &job);

} // namespace px::launch
