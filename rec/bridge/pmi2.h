#pragma once
// PMI-2 as slurmstepd speaks it (Slurm 22.05 to 26.05, mpi/pmi2) to a task of
// `srun --mpi=pmi2`: its "spawn" has that srun, on the host side, start another one.

#include "pxlaunch/base/loop.h"

#include <string>
#include <vector>

namespace px::bridge {

// Slurm begins with `srun --mpi=pmi2 --ntasks=1` and puts these words after it, so they
// may be options; `value` gets into the environment. Neither may hold a ';', which this
// protocol cannot quote.
std::string spawn_request(const std::vector<std::string> &words,
                          const std::string &value);

// On the task's PMI_FD, which all processes of the task share. Blocks while Slurm is
// greeted, the first time; does not wait for the answer.
Result<void> pmi2_ask(int fd, const std::string &request, Clock::time_point deadline);

// What has come since, if that is a refusal. That there is none says nothing: the answer
// comes when what was started is up, and never if it fails before.
Result<void> pmi2_hear(int fd);

} // namespace px::bridge
