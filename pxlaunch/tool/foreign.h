#pragma once
// A server that is not ours: what it is told of a job's placement, and what its refusal
// probably means.

#include "pxlaunch/job/spec.h"

namespace px::tool {

// In words that PRRTE carries out: what only a server of ours knows as an attribute of an
// application is a map pattern of the job there, and the default of binding, which PRRTE
// would choose itself, is spelled out: how many cores a slot stands for only the user
// knows, so nothing is bound unless cpus were asked for.
job::Placement foreign_placement(const job::Spec &spec);

// PRRTE takes a name without a number for one slot of that node, even if another
// application has it already: so it is told that all may be used, which it knows itself.
std::vector<std::string> foreign_hosts(const std::vector<std::string> &hosts);

// An Error where the job needs what only a server of ours does.
Result<void> check_foreign(const job::Spec &spec);

// An Error if the server at `uri` has attached us and given us no name: it knows no
// tools, and answers nothing later.
Result<void> check_name(const std::string &uri, std::string_view nspace);

// `status` is all that such a server says; `placement` is what it was told.
Error refusal(int status, const job::Placement &placement);

} // namespace px::tool
