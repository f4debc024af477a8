#pragma once
// The environment variables that the project sets for ranks and for scripts under
// `pxrec run`. No name here may equal PXLAUNCH_<OPTION>: a test compares the two tables.

#include <array>
#include <string_view>

namespace px::job {

// Each rank's own; never passed on to the ranks of another job.
inline constexpr std::array rank_variables = std::to_array<std::string_view>({
    "PXLAUNCH_RANK",
    "PXLAUNCH_SIZE",
    "PXLAUNCH_LOCAL_RANK",
    "PXLAUNCH_LOCAL_SIZE",
    "PXLAUNCH_NODE_RANK",
    "PXLAUNCH_NNODES",
    "PXLAUNCH_APP_RANK",
    "PXLAUNCH_JOB",
    "PXLAUNCH_SERVER",
});

// What a script is told about its allocation and its server; ranks may see the first.
inline constexpr std::array script_variables = std::to_array<std::string_view>({
    "PXLAUNCH_NNODES",
    "PXLAUNCH_NODELIST",
    "PXLAUNCH_CORES_PER_NODE",
    "PXLAUNCH_GPUS_PER_NODE",
    "PXLAUNCH_JOB_ID",
    "PXLAUNCH_ARRAY_INDEX",
    "PXLAUNCH_RENDEZVOUS",
    "PXLAUNCH_INSIDE",
});

} // namespace px::job
