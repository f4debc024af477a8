#pragma once
// What the chosen server and the allocation offer to a job.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/discover/candidates.h"
#include "pxlaunch/job/defaults.h"

namespace px::launch {

// One that was started for this allocation, by whomever; a rank's own server is not.
bool serves_allocation(const discover::Found &found);

// `offer` holds this node, as look_around() left it.
void describe_server(const discover::Found &found, job::Allocation &offer,
                     Reasons &reasons);

} // namespace px::launch
