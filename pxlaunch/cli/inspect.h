#pragma once
// What --dry-run and --explain print: renderings of the Spec and of the Reasons.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/job/environment.h"
#include "pxlaunch/job/spec.h"

#include <string>

namespace px::cli {

// The server that would run the job, in words and as an address; either may be empty.
struct ChosenServer {
    std::string name, address;
};

// One JSON document. Of the environment: names of what is forwarded as it is in `own`,
// names and values of what differs from it, and names of what stays here.
std::string dry_run_json(const job::Spec &spec, const ChosenServer &server,
                         const job::Environment &own);

std::string explain_text(const Reasons &reasons); // "about: text", one a line
std::string explain_json(const Reasons &reasons); // [{"about": ..., "reason": ...}]

} // namespace px::cli
