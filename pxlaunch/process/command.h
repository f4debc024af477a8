#pragma once
// Finding the program that a command names, before anything is started: with a '/'
// relative to the job's directory, else along a search path.

#include "pxlaunch/job/spec.h"

#include <string>

namespace px::process {

// The path to execute. Errors: 127 not found, 126 not executable, 125 no such directory.
Result<std::string> find_command(const job::App &app);

} // namespace px::process
