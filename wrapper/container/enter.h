#pragma once
// From outside a container to inside, in this process.

#include "wrapper/container/state.h"

namespace px::wrapper::container {

// Whether this kernel tells the ends of processes that are no children: else nobody would
// notice the end of an engine, or of a rank.
Result<void> can_watch();

// Enters the user and mount namespaces of the keeper, and gives up every capability that
// this brings, for good. Nothing else changes: ids, limits, CPUs, descriptors, groups.
// SECURITY: the container's seccomp profile and SELinux label are not applied to who
// enters it this way. False: this kernel, or whoever watches over its calls, allows no
// process to enter it.
Result<bool> enter(const Keeper &keeper);

} // namespace px::wrapper::container
