#pragma once
// Options and surroundings become the Spec: the last step that can find the user wrong,
// and the first that looks at anything but the command line. It reads --hostfile and
// --env-file.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/cli/config.h"
#include "pxlaunch/cli/options.h"
#include "pxlaunch/job/defaults.h"

#include <string>

namespace px::cli {

// Everything that a Spec depends on and that is not on the command line.
struct Surroundings {
    job::Environment environment; // pxlaunch's own
    std::string directory;        // working directory as the user spells it, absolute
    job::Inherited inherited;     // umask and limits
    bool in_background = false;   // of a terminal: stdin is not ours to read
    job::Allocation allocation;   // none, this node; main fills in the chosen server's
};

// This process: environ, $PWD where it is the working directory, umask, limits. Changes
// nothing. `allocation` names this node and is no allocation.
Surroundings look_around();

Checked<job::Spec> make_spec(const Options &options, const Config &config,
                             const Surroundings &surroundings, Reasons &reasons);

} // namespace px::cli
