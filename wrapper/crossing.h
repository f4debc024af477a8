#pragma once
// What of an environment crosses the border into an image, and what a rank inside gets.

#include "pxlaunch/job/environment.h"

namespace px::wrapper {

// `own` is the whole environment outside. By default only what belongs to the job itself
// crosses: its runtime, its MPI, its threads and devices; nothing that describes the
// files or secrets outside. With `whole` all of it does, because whoever made it has
// chosen. `edits`, which come last, are what -x says.
job::Environment crossing(const job::Environment &own, bool whole,
                          const std::vector<job::EnvEdit> &edits);
// Of a packed environment (job/border.h) it is what a script inside hands on: all of it
// into its own image, which is what `whole` says then; and what the runtime has added.

// What of a packed environment is for the node, where the engine is.
job::Environment around(const job::Environment &own);

// The image's own environment, and over it what crosses.
job::Environment inside(const job::Environment &of_image,
                        const job::Environment &crossing);

} // namespace px::wrapper
