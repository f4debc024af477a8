#pragma once
// The news of a job's end, from PMIx's words into ours.

#include "pxlaunch/job/result.h"
#include "pxlaunch/pmix/info.h"

namespace px::tool {

// PMIX_EXIT_CODE, else PMIX_JOB_TERM_STATUS in 0..255 (PRRTE 3.0 and 4.1 put the raw exit
// code there), else a failure of the runtime.
job::JobResult read_job_end(const pmix::InfoView &infos);

} // namespace px::tool
