#pragma once
// The site's record of a job: one line to syslog, without argv and environment.

#include <string>

namespace px::launch {

struct Audited {
    std::string method;
    int ranks = 0;
    double seconds = 0;
    int exit = 0;
};

std::string audit_line(const Audited &job, const std::string &user,
                       const std::string &allocation);
void audit(const Audited &job);

} // namespace px::launch
