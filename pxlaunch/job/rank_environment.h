#pragma once
// What each rank gets in its environment beyond the application's: PXLAUNCH_*, the
// OMPI_COMM_WORLD_* that a thousand programs read, and what MPI libraries need to be
// told.

#include "pxlaunch/job/environment.h"

#include <string>
#include <vector>

namespace px::job {

// A rank's place in its job. Nodes are numbered in the order of the lowest rank on each.
struct RankFacts {
    std::string job;    // its namespace
    std::string server; // "HOST ALLOCATION" of one that only its own node can reach
    int rank = 0, size = 1;
    int local_rank = 0, local_size = 1; // among the job's ranks on the node
    int node = 0, nodes = 1;
    int app_rank = 0;      // in its application
    std::vector<int> gpus; // as the vendor's mask numbers them; empty: no mask
    bool bound = false;    // to hardware threads
    bool oversubscribed = false;
};

// Open MPI 4.1: without it every rank decides to be a singleton under a server that is not
// ORTE (orte/mca/schizo/orte), and inside a Slurm job under one that is not Slurm's
// (schizo/slurm: SLURM_JOBID and SLURM_NODELIST are set).
inline constexpr const char *schizo_variable = "OMPI_MCA_schizo";
inline constexpr const char *schizo_of_a_job = "^orte,slurm";

void add_rank_environment(const RankFacts &facts, Environment &env);
// The last of these alone.
void add_mpi_settings(const RankFacts &facts, Environment &env);

} // namespace px::job
