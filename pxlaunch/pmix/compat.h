#pragma once
// What the PMIx versions that we build against do not all have; the only file that asks
// for a version. 4.2.2 is Debian 12, 5.0.7 Debian 13, 7.0.0rc1 Debian testing (2026).

#include <pmix.h>

#ifndef PMIX_SPAWN_CHILD_SEP
#define PMIX_SPAWN_CHILD_SEP "pmix.spchildsep"
#endif
#ifndef PMIX_IOF_LOCAL_OUTPUT
#define PMIX_IOF_LOCAL_OUTPUT "pmix.iof.local"
#endif
#ifndef PMIX_EVENT_JOB_END
#define PMIX_EVENT_JOB_END (-145)
#endif
