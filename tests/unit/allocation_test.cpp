#include "temporary.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::discover;

namespace {

Allocation found_in(const Environment &env, Cpus cpus = {}, int slurm_threads = 0) {
    Here here;
    here.slurm_threads = slurm_threads;
    here.env = env;
    here.cpus = cpus;
    here.host = "n1";
    return find_allocation(here);
}

// "n1:4,n2:4; 8 by SLURM_NTASKS=8; 2 by SLURM_CPUS_PER_TASK=2".
std::string numbers(const Allocation &found) {
    const auto text = [](const Told &told) {
        return told ? std::to_string(told.value) + " by " + told.source
                    : std::string("none");
    };
    return join(found.hosts(), ",") + "; " + text(found.ranks) + "; " +
           text(found.cores_per_rank);
}

const Environment job = {{"SLURM_JOB_ID", "7"},
                         {"SLURM_JOB_NODELIST", "n[1-3]"},
                         {"SLURM_JOB_CPUS_PER_NODE", "8(x2),4"}};

Environment with(Environment env, const Environment &more) {
    for (const auto &[name, value] : more) env[name] = value;
    return env;
}

} // namespace

TEST_CASE("what a Slurm job was asked to be") {
    CHECK(numbers(found_in(job)) == "n1:8,n2:8,n3:4; none; none");
    CHECK(numbers(found_in(with(job, {{"SLURM_NTASKS", "6"}}))) ==
          "n1:8,n2:8,n3:4; 6 by SLURM_NTASKS=6; none");
    CHECK(numbers(found_in(with(job, {{"SLURM_NPROCS", "6"}}))) ==
          "n1:8,n2:8,n3:4; 6 by SLURM_NPROCS=6; none");
    CHECK(numbers(found_in(with(
              job, {{"SLURM_NTASKS_PER_NODE", "2"}, {"SLURM_CPUS_PER_TASK", "4"}}))) ==
          "n1:8,n2:8,n3:4; 6 by SLURM_NTASKS_PER_NODE=2 on 3 nodes; 4 by "
          "SLURM_CPUS_PER_TASK=4");
    // Variables that are no numbers say nothing.
    CHECK(numbers(found_in(
              with(job, {{"SLURM_NTASKS", "many"}, {"SLURM_CPUS_PER_TASK", "0"}}))) ==
          "n1:8,n2:8,n3:4; none; none");
    CHECK(numbers(found_in(with(job, {{"SLURM_JOB_CPUS_PER_NODE", "8"}}))) ==
          "n1,n2,n3; none; none");
    CHECK(found_in(job).cores_source == "SLURM_JOB_CPUS_PER_NODE=8(x2),4");
    CHECK(found_in(job).all_cores() == 20);
    CHECK(found_in(job).title() == "Slurm job 7");
}

TEST_CASE("inside a step the numbers are the job's") {
    const auto step = with(job, {{"SLURM_STEP_ID", "0"},
                                 {"SLURM_NTASKS", "1"},
                                 {"SLURM_NPROCS", "1"},
                                 {"SLURM_NNODES", "1"},
                                 {"SLURM_JOB_NUM_NODES", "3"}});
    CHECK(found_in(step).nodes == 3);
    CHECK(numbers(found_in(step)) == "n1:8,n2:8,n3:4; none; none");
    CHECK(found_in(with(step, {{"SLURM_NTASKS_PER_NODE", "2"}})).ranks.value == 6);
    // Which srun -n1 -c64 ./script.sh may have overwritten.
    const auto cores = [&](const char *tasks_per_node, const char *cpus_per_task,
                           Cpus cpus = {8, 8, 8, 1}) {
        return found_in(with(step, {{"SLURM_JOB_CPUS_PER_NODE", "8(x3)"},
                                    {"SLURM_NTASKS_PER_NODE", tasks_per_node},
                                    {"SLURM_CPUS_PER_TASK", cpus_per_task}}),
                        cpus)
            .cores_per_rank;
    };
    CHECK(cores("2", "4").value == 4);
    CHECK(cores("2", "64").value == 0);
    CHECK(cores("2", "1").value == 0);
    CHECK(cores("", "8").value == 0);
    CHECK(cores("", "8").source ==
          "SLURM_CPUS_PER_TASK=8 may be this step's, and is not taken");
    CHECK(cores("1", "7", {8, 4, 8, 2}).value == 4); // the eighth makes the core whole
}

TEST_CASE("hardware threads become cores") {
    const auto tasks =
        with(job, {{"SLURM_CPUS_PER_TASK", "3"}, {"SLURM_CPUS_ON_NODE", "8"}});
    CHECK(numbers(found_in(tasks, {8, 4, 8, 2})) ==
          "n1:4,n2:4,n3:2; none; 2 by SLURM_CPUS_PER_TASK=3, 2 hardware threads a core");
    CHECK(found_in(tasks, {8, 4, 8, 2}).cores_source ==
          "SLURM_JOB_CPUS_PER_NODE=8(x2),4, 2 hardware threads a core");
    // A site whose CPUs are cores: 8 of them here, with 16 threads.
    CHECK(numbers(found_in(tasks, {16, 8, 16, 2})) ==
          "n1:8,n2:8,n3:4; none; 3 by SLURM_CPUS_PER_TASK=3");
    CHECK(numbers(found_in(tasks, {8, 8, 8, 1})) ==
          "n1:8,n2:8,n3:4; none; 3 by SLURM_CPUS_PER_TASK=3");
    // Such a site may bind to one thread of each core.
    CHECK(numbers(found_in(tasks, {8, 8, 16, 2})) ==
          "n1:8,n2:8,n3:4; none; 3 by SLURM_CPUS_PER_TASK=3");
    // What Slurm says counts for more than this node, which has no threads.
    CHECK(numbers(found_in(tasks, {8, 8, 8, 1}, 2)) ==
          "n1:4,n2:4,n3:2; none; 2 by SLURM_CPUS_PER_TASK=3, 2 hardware threads a core");
    CHECK(numbers(found_in(tasks, {16, 8, 16, 2}, 1)) ==
          "n1:8,n2:8,n3:4; none; 3 by SLURM_CPUS_PER_TASK=3");
    for (const auto &[name, value] :
         Environment{{"SLURM_HINT", "nomultithread"}, {"SLURM_THREADS_PER_CORE", "1"}}) {
        CAPTURE(name);
        CHECK(numbers(found_in(with(tasks, {{name, value}}), {8, 4, 8, 2})) ==
              "n1:4,n2:4,n3:2; none; 3 by SLURM_CPUS_PER_TASK=3");
    }
}

TEST_CASE("threads of nodes that are not this one's are asked for, or assumed") {
    auto elsewhere = with(job, {{"SLURM_JOB_NODELIST", "m[1-3]"}});
    CHECK(found_in(elsewhere, {8, 4, 8, 2}).cores_source ==
          "SLURM_JOB_CPUS_PER_NODE=8(x2),4, 2 hardware threads a core as on this node");
    CHECK(found_in(elsewhere, {8, 8, 8, 1}).cores_source ==
          "SLURM_JOB_CPUS_PER_NODE=8(x2),4, 1 hardware thread a core as on this node");
    CHECK(found_in(elsewhere, {8, 8, 8, 1}, 2).cores_source ==
          "SLURM_JOB_CPUS_PER_NODE=8(x2),4, 2 hardware threads a core");
    CHECK(found_in(elsewhere, {8, 8, 8, 1}, 1).cores_source ==
          "SLURM_JOB_CPUS_PER_NODE=8(x2),4");
}

TEST_CASE("what Slurm says of a node") {
    const std::string node = "NodeName=n1 Arch=x86_64 CoresPerSocket=2  CPUAlloc=0 "
                             "CPUEfctv=4 CPUTot=4 CPULoad=0.00 NodeAddr=n1 Sockets=1 "
                             "Boards=1 State=IDLE ThreadsPerCore=2 TmpDisk=0\n";
    CHECK(threads_in(node) == 2);
    std::string other = node;
    other.replace(other.find("CPUTot=4"), 8, "CPUTot=2"); // CPUs=2: cores are given out
    CHECK(threads_in(other) == 1);
    CHECK(threads_in("slurm_load_node error: Invalid node name specified\n") == 0);
    CHECK(threads_in("") == 0);
}

TEST_CASE("a shell that is not on the nodes of its Slurm job") {
    auto elsewhere = with(job, {{"SLURM_JOB_NODELIST", "m[1-3]"}});
    CHECK(found_in(elsewhere).off_node);
    CHECK_FALSE(found_in(job).off_node);
    // In a container the host's name may be another one.
    CHECK_FALSE(found_in(with(elsewhere, {{"SLURMD_NODENAME", "m1"}})).off_node);
}

TEST_CASE("whether nobody else has cores of the nodes") {
    auto here = with(job, {{"SLURM_JOB_CPUS_PER_NODE", "8(x3)"}});
    CHECK(found_in(here, {8, 8, 8, 1}).whole_nodes);
    CHECK_FALSE(found_in(here, {8, 8, 16, 1}).whole_nodes); // we have half of this one
    CHECK_FALSE(found_in(job, {8, 8, 8, 1}).whole_nodes);   // 4 of the third
    CHECK_FALSE(found_in(with(here, {{"SLURM_JOB_NODELIST", "m[1-3]"}}), {8, 8, 8, 1})
                    .whole_nodes);
    CHECK_FALSE(found_in(here).whole_nodes);
}

TEST_CASE("LSF, PBS and Grid Engine") {
    const Temporary files;
    files.write("slots", "n1\nn1\nn2\nn1\n");
    files.write("affinity", "n1 0,1,2,3 0 1\nn1 4-7 0 1\nn2 0-3 0 1\n");
    files.write("pe", "n1 4 all.q@n1 UNDEFINED\nn2\t2 all.q@n2 UNDEFINED\n");
    const Environment lsf = {
        {"LSB_JOBID", "5"}, {"LSB_MCPU_HOSTS", "n1 2 n2 1 "}, {"LSB_DJOB_NUMPROC", "3"}};
    CHECK(numbers(found_in(lsf)) == "n1:2,n2:1; 3 by LSB_DJOB_NUMPROC=3; none");
    CHECK(numbers(found_in(with(lsf, {{"LSB_AFFINITY_HOSTFILE", files.path("affinity")}}),
                           {8, 4, 8, 2})) ==
          "n1:4,n2:2; 3 by LSB_DJOB_NUMPROC=3; 2 by LSB_AFFINITY_HOSTFILE");
    CHECK(numbers(found_in(
              {{"LSB_JOBID", "5"}, {"LSB_DJOB_HOSTFILE", files.path("slots")}})) ==
          "n1:3,n2:1; none; none");
    CHECK(
        numbers(found_in({{"PBS_JOBID", "9"}, {"PBS_NODEFILE", files.path("slots")}})) ==
        "n1:3,n2:1; 4 by 4 lines of PBS_NODEFILE; none");
    CHECK(numbers(found_in({{"PBS_JOBID", "9"},
                            {"PBS_NODEFILE", files.path("slots")},
                            {"OMP_NUM_THREADS", "2"}})) ==
          "n1:6,n2:2; 4 by 4 lines of PBS_NODEFILE; 2 by OMP_NUM_THREADS=2");
    CHECK(numbers(found_in({{"JOB_ID", "3"},
                            {"SGE_ROOT", "/sge"},
                            {"NSLOTS", "6"},
                            {"PE_HOSTFILE", files.path("pe")}})) ==
          "n1:4,n2:2; 6 by NSLOTS=6; none");
}

TEST_CASE("the cores that this process may use are counted") {
    const Cpus cpus = count_cpus();
    CHECK(cpus.cores >= 1);
    CHECK(cpus.threads >= cpus.cores);
    CHECK(cpus.cores * cpus.threads_per_core >= cpus.threads);
}
