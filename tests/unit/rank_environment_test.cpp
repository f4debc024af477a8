#include "pxlaunch/job/environment.h"
#include "pxlaunch/job/rank_variables.h"
#include "rec/jobs/rank_environment.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::jobs;
using Environment = std::vector<std::string>;

namespace {

// Three ranks on two nodes: 0 and 2 on the first one; rank 2 is of the second
// application.
Job three_ranks() {
    Job job;
    job.nspace = "pxrec.7.1";
    job.layout.ranks = {{0, 0, 0, 0, 0, {0}, {0}, {}},
                        {1, 0, 1, 1, 0, {}, {0}, {}},
                        {2, 1, 0, 0, 1, {1, 2}, {1, 2}, {3, 1}}};
    return job;
}

Environment environment_of(const Job &job, int rank, Environment env = {}) {
    add_rank_environment(job, rank, env);
    return env;
}

std::string value(const Environment &env, std::string_view name) {
    return std::string(job::find_variable(env, name).value_or("unset"));
}

} // namespace

TEST_CASE("each rank knows who and where it is") {
    struct Row {
        const char *name;
        const char *values[3];
    };
    const Row table[] = {
        {"PXLAUNCH_RANK", {"0", "1", "2"}},
        {"PXLAUNCH_SIZE", {"3", "3", "3"}},
        {"PXLAUNCH_LOCAL_RANK", {"0", "0", "1"}},
        {"PXLAUNCH_LOCAL_SIZE", {"2", "1", "2"}},
        {"PXLAUNCH_NODE_RANK", {"0", "1", "0"}},
        {"PXLAUNCH_NNODES", {"2", "2", "2"}},
        {"PXLAUNCH_APP_RANK", {"0", "1", "0"}},
        {"PXLAUNCH_JOB", {"pxrec.7.1", "pxrec.7.1", "pxrec.7.1"}},
        {"OMPI_COMM_WORLD_RANK", {"0", "1", "2"}},
        {"OMPI_COMM_WORLD_SIZE", {"3", "3", "3"}},
        {"OMPI_COMM_WORLD_LOCAL_RANK", {"0", "0", "1"}},
        {"OMPI_COMM_WORLD_LOCAL_SIZE", {"2", "1", "2"}},
        {"OMPI_MCA_schizo", {"^orte,slurm", "^orte,slurm", "^orte,slurm"}},
        {"OMPI_MCA_hwloc_base_binding_policy", {"unset", "none", "unset"}},
        {"OMPI_MCA_mpi_yield_when_idle", {"unset", "unset", "unset"}},
        {"CUDA_VISIBLE_DEVICES", {"unset", "unset", "3,1"}},
        {"ROCR_VISIBLE_DEVICES", {"unset", "unset", "3,1"}},
        {"ZE_AFFINITY_MASK", {"unset", "unset", "3,1"}},
        {"CUDA_DEVICE_ORDER", {"unset", "unset", "PCI_BUS_ID"}},
    };
    const Job job = three_ranks();
    for (int rank = 0; rank < 3; ++rank) {
        const auto env = environment_of(job, rank);
        for (const auto &row : table) {
            CAPTURE(row.name);
            CAPTURE(rank);
            CHECK(value(env, row.name) == row.values[rank]);
        }
    }
}

TEST_CASE("every variable of the table of rank variables is set") {
    job::RankFacts facts;
    facts.server = "n1 slurm:7";
    Environment env;
    job::add_rank_environment(facts, env);
    for (const auto name : job::rank_variables) CHECK(job::find_variable(env, name));
    // And no server where every rank can reach it.
    CHECK(value(environment_of(three_ranks(), 0), "PXLAUNCH_SERVER") == "unset");
}

TEST_CASE("what a rank of another job was is overwritten, once") {
    const auto env = environment_of(three_ranks(), 1,
                                    {"PXLAUNCH_RANK=99", "PXLAUNCH_JOB=old", "HOME=/x"});
    CHECK(env[0] == "PXLAUNCH_RANK=1");
    CHECK(env[1] == "PXLAUNCH_JOB=pxrec.7.1");
    CHECK(env[2] == "HOME=/x");
    int count = 0;
    for (const auto &entry : env) count += entry.starts_with("PXLAUNCH_RANK=") ? 1 : 0;
    CHECK(count == 1);
}

TEST_CASE("what the user says to Open MPI stays, even an empty word") {
    Job job = three_ranks();
    job.layout.oversubscribed = true;
    CHECK(value(environment_of(job, 0), "OMPI_MCA_mpi_yield_when_idle") == "1");
    const auto env = environment_of(
        job, 1,
        {"OMPI_MCA_schizo=ompi",
         "OMPI_MCA_mpi_yield_when_idle=", "OMPI_MCA_hwloc_base_binding_policy=core"});
    CHECK(value(env, "OMPI_MCA_schizo") == "ompi");
    CHECK(value(env, "OMPI_MCA_mpi_yield_when_idle").empty());
    CHECK(value(env, "OMPI_MCA_hwloc_base_binding_policy") == "core");
}

TEST_CASE("a job that asks for no GPUs leaves the masks alone") {
    const auto env = environment_of(three_ranks(), 0, {"CUDA_VISIBLE_DEVICES=5"});
    CHECK(value(env, "CUDA_VISIBLE_DEVICES") == "5");
    CHECK(value(environment_of(three_ranks(), 2, {"CUDA_VISIBLE_DEVICES=5"}),
                "CUDA_VISIBLE_DEVICES") == "3,1");
}
