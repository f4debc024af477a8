#pragma once
// How a job is told to srun (Slurm 22.05 to 24.11). Pure. srun's words are not the
// user's: it starts one shim for each rank, where the hostfile says, with every core that
// the Slurm job has on the node, and the shims do the rest.

#include "rec/map/layout.h"

#include <string>
#include <vector>

namespace px::bridge {

struct StepOrder {
    std::string slurm_job; // its id
    std::string name;      // of the step, for accounting
    std::string program;   // of every rank: pxwrap
    int ranks = 0;
    bool oversubscribed = false;
};

std::vector<std::string> srun_argv(const StepOrder &order);

// `own` is what srun would inherit: what would change how srun understands its command
// line is left out. `ranks`: what the shims find in theirs.
std::vector<std::string> srun_environment(const std::vector<std::string> &own,
                                          const std::vector<std::string> &ranks);

// The node of each rank, one a line.
std::string hostfile_text(const map::Layout &layout,
                          const std::vector<std::string> &nodes);

} // namespace px::bridge
