#pragma once
// What a script is told about its server and its allocation (DESIGN 4.1).

#include "pxlaunch/discover/here.h"
#include "pxlaunch/discover/rendezvous.h"
#include "pxlaunch/job/environment.h"

#include <string>
#include <utility>
#include <vector>

namespace px::rec {

using Variables = std::vector<std::pair<std::string, std::string>>;

// PXLAUNCH_URI, _NNODES, _NODELIST, _CORES_PER_NODE, _GPUS_PER_NODE, _JOB_ID (without an
// allocation the server's process id), and _ARRAY_INDEX in an array job.
Variables script_variables(const discover::Here &here, const discover::Rendezvous &server,
                           const std::string &document, int gpus);

// Our own environment, less what belongs to another process (PMIX_*, a rank's number),
// with these.
job::Environment script_environment(const discover::Here &here,
                                    const Variables &variables);

// GPUs that a program started from here can see.
int count_gpus();

} // namespace px::rec
