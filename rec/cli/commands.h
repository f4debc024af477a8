#pragma once
// pxrec's commands: one table of names, each with its function in a file of its own.

#include "pxlaunch/base/result.h"

#include <string>
#include <vector>

namespace px::rec {

using Arguments = std::vector<std::string>; // without the command's own name

int main(int argc, char **argv);

// Each returns an exit status, or the Error that main() prints.
Result<int> command_serve(const Arguments &arguments); // internal: what pxlaunch starts

} // namespace px::rec
