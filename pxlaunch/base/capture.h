#pragma once
// A short program run for what it prints, with a deadline.

#include "pxlaunch/base/host_root.h"
#include "pxlaunch/base/patience.h"
#include "pxlaunch/base/result.h"

#include <string>
#include <vector>

namespace px {

// What argv[0], a path, writes to its output and errors, whatever its status. It has no
// input. When it is late, it is killed with all of its process group, and that is the
// Error. With `root` it runs there.
Result<std::string> output_of(const std::vector<std::string> &argv,
                              std::chrono::milliseconds deadline,
                              const HostRoot *root = nullptr);

// The first program of that name in PATH's directories; empty: there is none.
std::string program_in(const std::string &path, const std::string &name);

} // namespace px
