#include "rec/bridge/spawn_call.h"

#include <doctest/doctest.h>

#include <csignal>
#include <initializer_list>

using namespace px;
using namespace px::bridge;

namespace {

SpawnCalls after(std::initializer_list<const char *> pieces) {
    SpawnCalls calls;
    calls.heard(1, "[n1:5] [slurm.pmix.4.0,1] pmix: spa");
    for (const char *piece : pieces) calls.heard(0, piece);
    return calls;
}

} // namespace

TEST_CASE("libpmix's words for a spawn are heard, in one piece or in several") {
    CHECK(after({"x\n[n1:5] [slurm.pmix.4.0,0] pmix: spawn_nb called\nno more\n"})
              .first_rank() == 0);
    CHECK(after({"[slurm.pmix.4.0,0] pmi", "", "x: spawn", "_nb calle", "d\n"})
              .first_rank() == 0);
    CHECK_FALSE(after({"wn_nb called\n", "pmix: spawn_nb called"}).first_rank());
}

TEST_CASE("a job that failed after a spawn could not be run in a step") {
    job::JobResult failed;
    failed.first_failure = 1;
    failed.status = 14;
    failed.ranks = {{1, "n2", 7, 14, 0}, {0, "n1", 8, 0, 0}};
    const auto calls = after({"] pmix: spawn_nb called\n"});
    const auto refused = with_spawn_call(failed, calls);
    CHECK(refused.not_run == Exit::cannot_run);
    CHECK(refused.explanation ==
          "rank 0 on n1 called MPI_Comm_spawn or PMIx_Spawn, which a step of Slurm "
          "cannot do; rank 1 exited with status 14");
    CHECK(refused.hint == "'--rec prrte' runs the job with PRRTE, which can");
    CHECK(refused.ranks.size() == 2);

    CHECK_FALSE(with_spawn_call(failed, {}).not_run);
    CHECK_FALSE(with_spawn_call({}, calls).not_run); // it could do without
    failed.ranks[0] = {1, "n2", 7, 0, SIGSEGV};
    CHECK_FALSE(with_spawn_call(failed, calls).not_run);
    failed.aborted = true;
    failed.first_failure = -1;
    CHECK(with_spawn_call(failed, calls)
              .explanation.ends_with("; the job was aborted with status 14"));
}

TEST_CASE("libpmix names the call unless the user has told it something else") {
    job::Environment env;
    name_spawn_calls(env);
    CHECK(env == job::Environment{"PMIX_MCA_pmix_client_spawn_verbose=2"});
    env = {"PMIX_MCA_pmix_client_spawn_verbose=0"};
    name_spawn_calls(env);
    CHECK(env.size() == 1);
    CHECK(env[0].ends_with("=0"));
}
