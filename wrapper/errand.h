#pragma once
// pxwrap --errand: on the host side of a Slurm node it runs srun for a pxrec in a
// container, as many at once as that wants. Whoever of the two is gone, every srun ends.

#include "pxlaunch/base/result.h"

#include <string>
#include <vector>

namespace px::wrapper {

// Until pxrec hangs up, or Slurm ends us, and no srun is left.
Result<void> run_errand(const std::vector<std::string> &environment);

} // namespace px::wrapper
