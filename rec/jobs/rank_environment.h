#pragma once
// The variables of job::add_rank_environment, for a rank of a job of ours.

#include "rec/jobs/job.h"

namespace px::jobs {

void add_rank_environment(const Job &job, int rank, std::vector<std::string> &env);

} // namespace px::jobs
