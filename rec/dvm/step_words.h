#pragma once
// Why the step of a DVM's daemons did not start, in srun's own words.

#include "pxlaunch/base/result.h"

#include <string>

namespace px::dvm {

// Lines of srun and slurmstepd that name an error, each once, at most the last four.
std::string step_words(const std::string &log);

// `deadline`: that it took too long, else empty. The log is DIRECTORY/log from `start`
// on.
Error why_no_step(const std::string &directory, long start, const std::string &deadline);

} // namespace px::dvm
