#pragma once
// A reason is recorded as data where a decision is made, and printed by --explain, by the
// "no runtime" error and by -v: three renderings of one list.

#include <string>
#include <vector>

namespace px {

struct Reason {
    std::string
        about;        // what was decided: "server", "np", "map", an option or a candidate
    std::string text; // "3: SLURM_NTASKS in the environment"
};

using Reasons = std::vector<Reason>;

} // namespace px
