#pragma once
// Whether this node has what is asked for. Engines say that in riddles, or not at all.

#include "wrapper/engines/engine.h"

namespace px::wrapper {

// `root` is where the node's files are: "" but in tests.
Result<void> check_devices(const engines::Engine &engine,
                           const std::vector<std::string> &devices,
                           const std::string &root = {});

} // namespace px::wrapper
