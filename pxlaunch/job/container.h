#pragma once
// The application in a container: what is asked for, and the command that brings a rank
// there.

#include "pxlaunch/job/spec.h"

#include <string>

namespace px::job {

// `app` as the server is to start it: its command under pxwrap, which is at `wrapper` on
// every node, and becomes the command inside. Without a container it is `app` itself.
App through_wrapper(App app, const std::string &wrapper);

// An image that is a file or a directory by its spelling, relative to somewhere: "./x",
// "../x", "x.sif", "x.sqsh".
bool is_relative_path(const std::string &image);

} // namespace px::job
