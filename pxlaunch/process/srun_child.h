#pragma once
// srun as a child: with no input, its words in a pipe, and the list of hosts in a file
// that it inherits and that has no place in any directory.

#include "pxlaunch/process/child.h"

namespace px::process {

struct SrunChild {
    int pid = -1; // it leads its own process group
    Fd words;     // does not block
};

// `spec`: program, argv, env, root. The environment gets SLURM_HOSTFILE.
Result<SrunChild> start_srun(ChildSpec spec, const std::string &hosts);

} // namespace px::process
