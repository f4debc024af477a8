#pragma once
// Stack traces of a job's ranks, for --on-timeout stacks.

#include "rec/server/host.h"

namespace px::server {

// Sends each running rank's stack, as the system's own tools print it, as that rank's
// standard error. Where there is no such tool, what /proc knows. At most a few seconds.
void write_stacks(Host &host, jobs::Job &job);

} // namespace px::server
