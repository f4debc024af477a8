#pragma once
// Stack traces of a job's ranks, for --on-timeout stacks.

#include "rec/server/host.h"

#include <memory>

namespace px::server {

// Sends each running rank's stack as that rank's standard error; for at most a few
// seconds. The last that lets go of `answered` tells who has asked.
void write_stacks(Host &host, jobs::Job &job, const std::shared_ptr<void> &answered);

} // namespace px::server
