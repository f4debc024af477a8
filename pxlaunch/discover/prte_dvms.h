#pragma once
// The DVMs that users start on this node themselves, with prte: by the files that PRRTE
// leaves in its session directories. Files of the dead and of others are there too.

#include "pxlaunch/discover/server_uri.h"

namespace px::discover {

struct PrteDvm {
    std::string directory; // "/tmp/prte.n1.36.1000"
    std::string file;      // with its address, for --uri
    std::string nspace;    // "prte-n1-36@0"
    pid_t pid = 0;
    std::string why; // it is not for us; empty: it is

    [[nodiscard]] bool is_usable() const { return why.empty(); }
};

// Ordered by directory; those of prterun are for its own job, and left out.
std::vector<PrteDvm> find_prte_dvms(const Here &here);

} // namespace px::discover
