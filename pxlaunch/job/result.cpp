// result.cpp - the exit-status rule.
#include "pxlaunch/job/result.h"

namespace px::job {

int exit_code(const JobResult &result, OnFailure rule) {
    if (result.lost_runtime) return static_cast<int>(Exit::cannot_run);
    if (result.timed_out) return static_cast<int>(Exit::timeout);
    if (result.not_run) return static_cast<int>(*result.not_run);
    if (rule == OnFailure::ignore) return 0;
    return result.status & 0xff;
}

} // namespace px::job
