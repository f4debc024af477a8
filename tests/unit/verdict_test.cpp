#include "rec/bridge/abort_words.h"
#include "rec/bridge/verdict.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace px;
using namespace px::bridge;

namespace {

StepEnd end_with(std::string words, int wait_status) {
    StepEnd end;
    end.over = true;
    end.wait_status = wait_status;
    end.when = 100;
    end.words = std::move(words);
    return end;
}
constexpr int status_1 = 1 << 8;

job::JobResult killed(int pid, double ended) {
    job::JobResult result;
    result.first_failure = 1;
    result.status = 137;
    job::RankEnd rank;
    rank.rank = 1;
    rank.pid = pid;
    rank.signal = SIGKILL;
    rank.ended = ended;
    result.ranks.push_back(rank);
    return result;
}

const char *cancelled = "slurmstepd: error: *** STEP 5.0 ON n1 CANCELLED AT "
                        "2026-01-02T03:04:05 ***\nsrun: error: n1: task 0: Killed\n";

} // namespace

TEST_CASE("a step that cannot start is explained in srun's words") {
    const auto result = result_of(
        end_with("srun: error: Unable to create step for job 5: Requested node "
                 "configuration is not available\nsrun: error: Unable to create step for "
                 "job 5: Requested node configuration is not available\n",
                 status_1));
    CHECK(result.not_run == Exit::cannot_run);
    CHECK(result.explanation ==
          "srun did not start the job: Unable to create step for job "
          "5: Requested node configuration is not available");
    CHECK(result_of(end_with("", status_1)).explanation ==
          "srun did not start the job: it ended with status 1");
}

TEST_CASE("a step that srun cancels because a daemon is away is explained by that") {
    const auto result = result_of(
        end_with("srun: error: Task launch for StepId=1.1 failed on node n3: "
                 "Communication connection failure\n"
                 "srun: error: Application launch failed: Communication connection "
                 "failure\n"
                 "slurmstepd: error: *** STEP 1.1 ON n1 CANCELLED AT "
                 "2026-01-02T03:04:05 ***\n",
                 status_1));
    CHECK(result.explanation ==
          "srun did not start the job: Task launch for StepId=1.1 failed on node n3: "
          "Communication connection failure\nApplication launch failed: Communication "
          "connection failure");
}

TEST_CASE(
    "ranks of a step that was not started on all nodes were not killed by themselves") {
    // 24.11, without a word that it was cancelled.
    const auto result = verdict(
        killed(0, 0), end_with("srun: error: Application launch failed: Communication "
                               "connection failure\n",
                               233 << 8));
    CHECK(result.explanation ==
          "srun did not start the job: Application launch failed: Communication "
          "connection failure");
}

TEST_CASE("ranks that were killed with their step did not fail by themselves") {
    const auto result = verdict(killed(0, 0), end_with(cancelled, 137 << 8));
    CHECK(result.not_run == Exit::cannot_run);
    CHECK(result.explanation == "Slurm ended the job's step: STEP 5.0 ON n1 CANCELLED AT "
                                "2026-01-02T03:04:05");
    CHECK(result.first_failure == -1);
    CHECK(result.ranks.size() == 1);
    CHECK(verdict(killed(77, 101), end_with("", SIGKILL)).explanation ==
          "the job's srun was killed by signal 9");
}

TEST_CASE("a rank that got Slurm's TERM before its shim did not fail by itself") {
    auto judged = killed(77, 99);
    judged.ranks[0].signal = SIGTERM;
    CHECK(verdict(judged, end_with(cancelled, 143 << 8)).not_run == Exit::cannot_run);
    CHECK(verdict(judged, end_with("", 0)).first_failure == 1); // somebody killed it
    auto end = end_with(cancelled, status_1);
    end.killed = true; // it had failed before we ended srun
    CHECK(verdict(judged, end).first_failure == 1);
}

TEST_CASE("a step that is cancelled without a word of its daemons is known by srun's") {
    const char *words = "srun: Job step aborted: Waiting up to 5 seconds for job step to "
                        "finish.\nsrun: error: n1: task 0: Killed\n";
    auto end = end_with(words, 137 << 8);
    CHECK(verdict(killed(0, 0), end).explanation ==
          "Slurm ended the job's step: it was cancelled");
    end.killed = true; // then srun says so because of us
    CHECK(verdict(killed(0, 0), end).first_failure == 1);
}

TEST_CASE("the status of an abort is the job's, where srun has it") {
    const auto result = verdict(killed(0, 0), end_with(cancelled, 7 << 8));
    CHECK(result.aborted);
    CHECK(result.status == 7);
    CHECK_FALSE(result.not_run);
    for (const int status : {137, 143}) // somebody has cancelled it
        CHECK_FALSE(verdict(killed(0, 0), end_with(cancelled, status << 8)).aborted);
    for (const int code : {1, 42, 255})
        CHECK(verdict(killed(0, 0), end_with(cancelled, code << 8)).status == code);
    // Statuses of srun's own.
    for (const std::string why :
         {"srun: error: Application launch failed: Communication connection failure\n",
          "srun: error: Node failure on n3\n",
          "slurmstepd: error: *** STEP 5.0 ON n1 CANCELLED AT 2026-01-02T03:04:05 DUE TO "
          "TIME LIMIT ***\n"}) {
        for (const int status : {1, 233})
            CHECK_FALSE(
                verdict(killed(0, 0), end_with(cancelled + why, status << 8)).aborted);
    }
}

TEST_CASE("where srun has no status, what the rank said of its abort is the job's") {
    AbortWords words;
    words.heard(1, "MPI_ABORT was invoked on rank 1 in communicator MPI_COM");
    words.heard(0, "M_WORLD\nwith errorcode 8.\n");
    CHECK_FALSE(words.status());
    words.heard(1, "M_WORLD\nwith errorcode 263.\n\nNOTE: invoking");
    CHECK(words.status() == 7);
    AbortWords negative;
    negative.heard(0, "MPI_ABORT was invoked on rank 0 in communicator X\nwith "
                      "errorcode -1.\n");
    CHECK(negative.status() == 255);
    auto end = end_with(cancelled, 137 << 8);
    end.said = words.status();
    CHECK(verdict(killed(0, 0), end).status == 7);
    CHECK(verdict(killed(0, 0), end).aborted);
    end.wait_status = 9 << 8;
    CHECK(verdict(killed(0, 0), end).status == 9);
    CHECK_FALSE(verdict({}, end).aborted);
}

TEST_CASE("a rank that was killed alone is the job's failure") {
    CHECK(verdict(killed(0, 0), end_with("srun: error: n1: task 1: Killed\n", 137 << 8))
              .first_failure == 1);
    CHECK(verdict(killed(77, 99), end_with(cancelled, status_1)).first_failure == 1);
    auto failed = killed(77, 101);
    failed.ranks[0].signal = 0;
    CHECK(verdict(failed, end_with(cancelled, status_1)).first_failure == 1);
}

TEST_CASE("that we ended srun is no reason of its own") {
    auto end = end_with("", SIGKILL);
    end.killed = true;
    CHECK(verdict(killed(77, 101), end).first_failure == 1);
}

TEST_CASE("a step that srun does not start in time is given up, with srun's reason") {
    auto end = end_with("srun: Job 5 step creation temporarily disabled, retrying "
                        "(Requested nodes are busy)\n",
                        SIGKILL);
    end.killed = true;
    end.patience = std::chrono::seconds(5);
    const auto result = verdict({}, end);
    CHECK(result.not_run == Exit::cannot_run);
    CHECK(result.explanation ==
          "srun did not start the job within 5 s: Job 5 step creation temporarily "
          "disabled, retrying (Requested nodes are busy)");
    CHECK(result.hint ==
          "--start-timeout allows it more time; '--rec prrte' runs it with "
          "PRRTE instead of srun");
    end.words.clear();
    CHECK(verdict({}, end).explanation == "srun did not start the job within 5 s");
}

TEST_CASE("ranks that got a signal without a word of srun's were not started wrongly") {
    CHECK(result_of(end_with("", 0)).explanation ==
          "Slurm ended the job's ranks and did not say why");
}
