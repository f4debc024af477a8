#pragma once
// A DVM of ours that has died: its keeper starts it again for the next job.

#include "pxlaunch/base/loop.h"
#include "pxlaunch/base/patience.h"
#include "pxlaunch/shims/command.h"

namespace px::shims {

// Returns when the DVM is there: why it had died, empty if it lives and somebody else has
// been told. `uri`: where nobody listens any more; `host`: this node's name. The Error is
// the keeper's, or says that there is no answer; an interruption is the caller's to word.
Result<std::string> start_again(Loop &loop, const Report &keeper, const std::string &uri,
                                const std::string &host, const Patience &patience);

} // namespace px::shims
