#pragma once
// What a shim finds around itself: who it is in the runtime's eyes, and on which node.

#include "pxlaunch/channel/messages.h"
#include "pxlaunch/channel/seat.h"

#include <string>
#include <vector>

namespace px::wrapper {

// Without the secret; an Error if the runtime did not number this rank. `environment` is
// the shim's own, as the runtime made it.
Result<channel::Hello> introduce(const std::vector<std::string> &environment);

// Binds this process, and so its rank, to its seat's hardware threads of those that it
// may use. Where these are not as many as the mapper thought, so that a part of the node
// is another job's and no cgroup says which, it stays unbound, or that is an Error.
Result<void> take_seat(const channel::Seat &seat);

// Its hardware threads, of the cores that this process may use. Empty: these are not as
// the mapper thought.
std::vector<int> threads_of(const channel::Seat &seat,
                            const std::vector<std::vector<int>> &cores);

// What the rank's MPI needs to find its runtime: these entries of the shim's own
// environment go to the rank, all others are the runtime's private matter.
std::vector<std::string> runtime_entries(const std::vector<std::string> &environment);

} // namespace px::wrapper
