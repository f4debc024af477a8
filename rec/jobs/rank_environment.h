#pragma once
// The variables of job::add_rank_environment, for a rank of a job of ours.

#include "pxlaunch/job/rank_environment.h"
#include "rec/jobs/job.h"

namespace px::jobs {

job::RankFacts facts_of(const Job &job, int rank);
void add_rank_environment(const Job &job, int rank, std::vector<std::string> &env);

} // namespace px::jobs
