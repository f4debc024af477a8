#pragma once
// The site's rules about servers: on this host itself (a login node, say), and how.

#include "pxlaunch/cli/config.h"
#include "pxlaunch/discover/here.h"

namespace px::cli {

// An Error where the site refuses; else its warning, or "". The first rule whose pattern
// matches decides; without one jobs are welcome.
Result<std::string> may_run_here(const Config &config, const std::string &host);

// An Error if the site has locked the option and the value is not the site's.
Result<void> check_lock(const Config &config, const Given &given);

// What discovery has to know of them.
void apply_site(const Config &config, discover::Here &here);

} // namespace px::cli
