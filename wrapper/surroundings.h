#pragma once
// What a shim finds around itself: who it is in the runtime's eyes, and on which node.

#include "pxlaunch/channel/messages.h"

#include <string>
#include <vector>

namespace px::wrapper {

// Without the secret; an Error if the runtime did not number this rank. `environment` is
// the shim's own, as the runtime made it.
Result<channel::Hello> introduce(const std::vector<std::string> &environment);

// Binds this process, and so its rank, to these of the hardware threads that it may use,
// counted from 0. An Error if there are not so many: it was mapped for another node.
Result<void> take_seat(const std::vector<int> &cpus);

// What the rank's MPI needs to find its runtime: these entries of the shim's own
// environment go to the rank, all others are the runtime's private matter.
std::vector<std::string> runtime_entries(const std::vector<std::string> &environment);

} // namespace px::wrapper
