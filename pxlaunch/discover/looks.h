#pragma once
// What the places share, for the files of this folder.

#include "pxlaunch/discover/candidates.h"

namespace px::discover {

Look only(Candidate candidate);
Found found_here(Found::Kind kind, std::string from, const Here &here);

// The one discoverable server of that key which has the nodes that the user named; what
// else is there is named too, and so are several that would do.
Look look_for_key(const Here &here, const std::string &key);

// "it is for the allocation 'slurm:76', this is 'slurm:77'".
std::string of_another(const std::string &allocation, const std::string &ours);

} // namespace px::discover
