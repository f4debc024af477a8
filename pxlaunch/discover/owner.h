#pragma once
// The process that a run directory belongs to, as recorded in the directory.

#include "pxlaunch/base/result.h"
#include "pxlaunch/discover/here.h"

#include <optional>

namespace px::discover {

struct Owner {
    pid_t pid = 0;
    unsigned long long start = 0;      // see start_of()
    std::string host, boot, pid_space; // as in Here; "-" where not known
};

Result<void> write_owner(const std::string &directory, const Here &here, pid_t pid);
std::optional<Owner>
read_owner(const std::string &directory); // nothing: no usable record

// A pid says something only on its host and in its pid namespace: containers and pods may
// share a /tmp. From anywhere else an owner is neither alive nor dead.
enum class Life { alive, dead, unknown };
Life life_of(const Owner &owner, const Here &here);

} // namespace px::discover
