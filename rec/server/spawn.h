#pragma once
// PMIx_Spawn's arguments as a Submission.

#include "rec/jobs/job.h"

#include <pmix_server.h>

namespace px::server {

// `parent` is the job of the rank that asks, or nullptr for a tool: a rank's children get
// its environment and directory where the request has none of its own.
Result<jobs::Submission> read_spawn(const jobs::Peer &owner, const jobs::Job *parent,
                                    const pmix_info_t infos[], std::size_t info_count,
                                    const pmix_app_t apps[], std::size_t app_count);

} // namespace px::server
