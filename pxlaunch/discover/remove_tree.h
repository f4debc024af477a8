#pragma once
// Removal of a directory with all that is in it.

#include "pxlaunch/base/result.h"

#include <string>

namespace px::discover {

// Never follows a symbolic link, and never leaves the file system of `path`. What cannot
// be removed is an Error naming it, after the rest has been removed. A path that is not
// there is none; a path that is no directory is one.
Result<void> remove_tree(const std::string &path);

} // namespace px::discover
