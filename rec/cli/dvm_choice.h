#pragma once
// Whether and how a PRRTE DVM may be started here.

#include "rec/cli/arguments.h"
#include "rec/cli/serve.h"
#include "rec/cli/site.h"

namespace px::rec {

// Fills what a DVM over the nodes of `hostfile` needs, or says why there can be none.
Result<void> choose_dvm(const std::string &hostfile, const Arguments &arguments,
                        const Site &site, ServeOptions &options);

// The users who can log in here, by /etc/passwd: those with a shell and no system number.
std::vector<std::string> login_users(const std::string &passwd);

} // namespace px::rec
