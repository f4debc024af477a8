#pragma once
// Keeping this process, and what it starts, to a part of the cores that it may use.

#include "pxlaunch/base/result.h"

namespace px::rec {

// Whether there are so many; the Error is that of --cores.
Result<void> check_cores(int count);

// The first `count` whole cores. Before the server's topology is loaded.
Result<void> keep_cores(int count);

} // namespace px::rec
