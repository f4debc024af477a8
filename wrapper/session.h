#pragma once
// The files that a PMIx client shares with its server: a container has to have them, too.

#include "pxlaunch/job/environment.h"

#include <string>
#include <vector>

namespace px::wrapper {

struct Session {
    std::vector<std::string> directories; // that are there
    // False where the server has files in another one, which nobody names: a client that
    // looks for them there ends in its initialisation.
    bool is_complete = true;
};

Session session_of(const job::Environment &environment);

} // namespace px::wrapper
