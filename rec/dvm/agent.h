#pragma once
// What prte calls instead of ssh: it calls ssh, and remembers what became of each node,
// because PRRTE itself only waits.

#include "pxlaunch/base/result.h"

#include <string>
#include <vector>

namespace px::dvm {

// pxrec agent DIRECTORY HOST COMMAND...: the exit status of ssh.
Result<int> run_agent(const std::vector<std::string> &words);

// What they have left of an earlier start.
void forget_agents(const std::string &directory, const std::vector<std::string> &hosts);

// Why a DVM on these hosts is not complete; `deadline`: that it took too long, else
// empty.
Error why_not_complete(const std::string &directory,
                       const std::vector<std::string> &hosts,
                       const std::string &deadline);

} // namespace px::dvm
