#pragma once
// The site's rule for jobs on this host itself (a login node, say): the key "local".

#include "pxlaunch/cli/config.h"

namespace px::cli {

// An Error where the site refuses; else its warning, or "". The first rule whose pattern
// matches decides; without one jobs are welcome.
Result<std::string> may_run_here(const Config &config, const std::string &host);

} // namespace px::cli
