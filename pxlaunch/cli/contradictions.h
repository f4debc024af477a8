#pragma once
// Options that exclude one another, as one table. Between layers the higher one wins,
// with a Reason; within one layer it is an error.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/cli/config.h"

#include <vector>

namespace px::cli {

// Removes from `given` what a higher layer excludes, returns the contradictions that
// stay.
std::vector<Error> resolve_contradictions(std::vector<Given> &given, Reasons &reasons);

} // namespace px::cli
