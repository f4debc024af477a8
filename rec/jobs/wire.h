#pragma once
// What the handling of jobs asks of the PMIx server; rec/server implements it, tests fake
// it. All calls come from the loop's thread.

#include "rec/jobs/job.h"

namespace px::jobs {

enum class Channel { out, err };

class Wire {
  public:
    virtual ~Wire() = default;
    // Makes the job's namespace and ranks known, before any of them is started.
    virtual Result<void> announce(const Job &job) = 0;
    // Adds what a rank needs to find the server.
    virtual Result<void> add_environment(const Job &job, int rank,
                                         std::vector<std::string> &env) = 0;
    // Output of `rank` of `job`, for the owner of its root.
    virtual void deliver(const Job &job, int rank, Channel channel,
                         std::string bytes) = 0;
    // The job is over and all its output is delivered; tells the owner unless it is
    // silent.
    virtual void ended(const Job &job) = 0;
};

} // namespace px::jobs
