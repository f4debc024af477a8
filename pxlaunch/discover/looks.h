#pragma once
// What the places share, for the files of this folder.

#include "pxlaunch/discover/candidates.h"

namespace px::discover {

Look only(Candidate candidate);

// Whether that is the name of a server of Slurm's own, which cannot spawn.
bool is_slurms(const std::string &nspace, const Here &here);

Found found_here(Found::Kind kind, std::string from, const Here &here);

// A server for all jobs of the allocation that we are in.
Found shared_server(const std::string &method, const Here &here);

// Whether the user has named nodes that are not those of this allocation of Slurm's.
bool over_named_hosts(const Here &here);

// srun of this place, by PATH; never one of ours by that name. Empty: there is none. With
// a host's root: its path there.
std::string find_srun(const Here &here);

// "pmix_v5" of what srun --mpi=list says, 22.05 to 26.05; empty: it has no pmix.
std::string pmix_plugin(const std::string &text);

// What a new server of that method ("local", "prrte", "srun", "pmi2") would be.
Look look_at_start(const std::string &method, const Here &here);

// A DVM over the nodes of the allocation.
Candidate look_at_allocation_dvm(const Here &here, const Allocation &allocation);

// "it is for the allocation 'slurm:76', this is 'slurm:77'".
std::string of_another(const std::string &allocation, const std::string &ours);

} // namespace px::discover
