#pragma once
// Where this command runs, and what the site says about it.

#include "pxlaunch/cli/config.h"
#include "pxlaunch/discover/here.h"
#include "rec/cli/serve.h"

namespace px::rec {

struct Site {
    discover::Here here; // with the site's run directory
    cli::Config config;
    std::vector<Error> errors; // of the configuration files
};

// Never fails: a server must be reachable and endable whatever a file says.
Site look_around();

// For what starts a server: an Error where the files are wrong, or the site wants no
// ranks on this node. The text is its warning, or "".
Result<std::string> may_serve(const Site &site, ServeOptions::Method method);

// All of them as one; there must be some.
Error merged(const std::vector<Error> &errors);

} // namespace px::rec
