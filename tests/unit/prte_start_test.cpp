#include "pxlaunch/base/text.h"
#include "rec/dvm/prte.h"
#include "rec/dvm/step_words.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace px;
using namespace px::dvm;

namespace {

const std::vector<std::string> own = {"PATH=/bin",
                                      "PMIX_NAMESPACE=slurm.pmix.7.0",
                                      "PMI_FD=4",
                                      "SLURM_JOB_ID=7",
                                      "SLURM_CONF=/etc/slurm.conf",
                                      "SLURM_JOB_NODELIST=n[1-3]",
                                      "SLURM_NTASKS=1",
                                      "SLURM_CPUS_PER_TASK=8",
                                      "SRUN_CPUS_PER_TASK=8",
                                      "SLURM_STEP_ID=0",
                                      "SLURM_TASKS_PER_NODE=1",
                                      "SLURM_EXACT=1",
                                      "LSB_JOBID=9",
                                      "PBS_NODEFILE=/n",
                                      "SLURMD_NODENAME=n1"};

PrteSettings settings(Daemons daemons) {
    return {"/opt/prrte", {"n1:2", "n2:4"}, "/run/d", "/opt/bin/pxrec", daemons};
}

} // namespace

TEST_CASE("the command of a DVM") {
    CHECK(join(prte_command(settings(Daemons::by_ssh)), " ") ==
          "/opt/prrte/bin/prte --report-uri /run/d/uri --hostfile /run/d/hosts --prtemca "
          "plm ssh --prtemca plm_ssh_no_tree_spawn 1 --prtemca plm_ssh_agent "
          "/opt/bin/pxrec agent /run/d");
    CHECK(join(prte_command(settings(Daemons::by_slurm)), " ") ==
          "/opt/prrte/bin/prte --report-uri /run/d/uri --prtemca ras slurm --prtemca plm "
          "slurm --prtemca prte_local_tmpdir_base /run/d");
}

TEST_CASE("a DVM in a Slurm job has the job's nodes, and the cores as slots") {
    auto env = prte_environment(settings(Daemons::by_slurm), own);
    std::sort(env.begin(), env.end());
    CHECK(join(env, " ") ==
          "LSB_JOBID=9 PATH=/bin PBS_NODEFILE=/n SLURMD_NODENAME=n1 "
          "SLURM_CONF=/etc/slurm.conf SLURM_JOB_ID=7 SLURM_JOB_NODELIST=n1,n2 "
          "SLURM_JOB_NUM_NODES=2 SLURM_NNODES=2 SLURM_NODELIST=n1,n2 SLURM_OVERLAP=1 "
          "SLURM_TASKS_PER_NODE=2,4");
}

TEST_CASE("a DVM whose nodes were named sees no scheduler") {
    CHECK(join(prte_environment(settings(Daemons::by_ssh), own), " ") ==
          "PATH=/bin SLURMD_NODENAME=n1 PXWRAP_TMPDIR= TMPDIR=/run/d");
}

TEST_CASE("srun's words about a step that does not start") {
    CHECK(step_words("prte: hello\nsrun: job 7 queued\n").empty());
    CHECK(step_words("srun: error: a\nother\nsrun: error: a\nslurmstepd: error: b\n") ==
          "\n  srun: error: a\n  slurmstepd: error: b");
    CHECK(step_words("srun: error: 1\nsrun: error: 2\nsrun: error: 3\nsrun: error: 4\n"
                     "srun: fatal: 5\n") ==
          "\n  srun: error: 2\n  srun: error: 3\n  srun: error: 4\n  srun: fatal: 5");
    const Error error = why_no_step("/nowhere", 0, "54 s");
    CHECK(error.what == "the PRRTE daemons were not ready after 54 s");
    CHECK(error.hint == "try 'srun --overlap -l true' by hand; see /nowhere/log");
    CHECK(why_no_step("/nowhere", 0, "").what == "the PRRTE daemons did not start");
}
