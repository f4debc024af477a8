#pragma once
// A hostfile, as mpirun and others read it: one node a line, NAME or NAME slots=N. It is
// read here because a server would open it outside our container.

#include "pxlaunch/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::job {

// Each as "name" or "name:slots"; the Error names the line.
Result<std::vector<std::string>> parse_hostfile(std::string_view text);
Result<std::vector<std::string>> read_hostfile(const std::string &path);

} // namespace px::job
