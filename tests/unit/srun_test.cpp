#include "rec/bridge/srun.h"

#include "pxlaunch/base/text.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::bridge;

TEST_CASE("srun starts one shim for each rank, and decides nothing") {
    StepOrder order{"77", "my app", "/opt/bin/pxwrap", 3};
    CHECK(join(srun_argv(order), " ") ==
          "srun --jobid=77 --job-name=my app --ntasks=3 --distribution=arbitrary "
          "--overlap --cpu-bind=none --mpi=pmix --export=ALL --input=none "
          "--kill-on-bad-exit=0 --wait=0 --chdir=/ /opt/bin/pxwrap");
    order.oversubscribed = true;
    const auto argv = srun_argv(order);
    CHECK(argv[argv.size() - 2] == "--overcommit");
    CHECK(argv.back() == "/opt/bin/pxwrap");
}

TEST_CASE("no variable of the surroundings changes what srun does") {
    const std::vector<std::string> own{"PATH=/bin",
                                       "SLURM_CONF=/x",
                                       "SLURM_NETWORK=single_node_vni",
                                       "SLURM_HET_SIZE=2",
                                       "SLURM_NTASKS=9",
                                       "SLURM_CPU_BIND=v",
                                       "SRUN_CPUS_PER_TASK=2",
                                       "SLURM_EXPORT_ENV=NONE",
                                       "SLURM_HOSTFILE=/d/hosts",
                                       "PMIX_NAMESPACE=x.1",
                                       "PMI_FD=3",
                                       "SLURMD_NODENAME=n1",
                                       "PXWRAP_JOB_0=old",
                                       "HOME=/h"};
    CHECK(srun_environment(own, {"PXWRAP_JOB_0=new, \"this\"\nthat"}) ==
          std::vector<std::string>{"PATH=/bin", "SLURM_CONF=/x",
                                   "SLURM_NETWORK=single_node_vni", "SLURM_HET_SIZE=2",
                                   "HOME=/h", "PXWRAP_JOB_0=new, \"this\"\nthat"});
}

TEST_CASE("the hostfile has the node of every rank, in their order") {
    map::Layout layout;
    for (const int node : {1, 0, 1, 2}) {
        map::RankPlace place;
        place.rank = static_cast<int>(layout.ranks.size());
        place.node = node;
        layout.ranks.push_back(place);
    }
    CHECK(hostfile_text(layout, {"n1", "n2", "n3"}) == "n2\nn1\nn2\nn3\n");
}
