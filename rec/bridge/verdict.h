#pragma once
// What became of a step, from srun's words and its exit, beside what the shims reported.
// Pure.

#include "pxlaunch/job/result.h"

#include <chrono>
#include <optional>
#include <string>

namespace px::bridge {

struct StepEnd {
    bool over = false;   // srun has ended
    bool killed = false; // by us
    int wait_status = 0;
    double when = 0;   // seconds since the epoch
    std::string words; // what srun and its daemons said
    // That long we have waited for all shims, and then given up.
    std::optional<std::chrono::milliseconds> patience = {};
    std::optional<int> said = {}; // by a rank: the status that it gave to MPI_Abort
};

// Where no shim has reported: why there are no ranks, in srun's own words.
job::JobResult result_of(const StepEnd &end);

// `judged` is what the shims say, who are killed with the step and then cannot say why.
job::JobResult verdict(job::JobResult judged, const StepEnd &end);

} // namespace px::bridge
