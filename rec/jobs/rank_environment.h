#pragma once
// What each rank gets in its environment beyond the application's: PXLAUNCH_*, the
// OMPI_COMM_WORLD_* that a thousand programs read, and what MPI libraries need to be
// told.

#include "rec/jobs/job.h"

namespace px::jobs {

void set_variable(std::vector<std::string> &env, const std::string &name,
                  const std::string &value);

void add_rank_environment(const Job &job, int rank, std::vector<std::string> &env);

} // namespace px::jobs
