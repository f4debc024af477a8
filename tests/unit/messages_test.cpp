#include "pxlaunch/drive/messages.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace px;
using namespace px::drive;
using namespace std::chrono_literals;
using job::JobResult;
using job::OnFailure;
using job::RankEnd;

namespace {

RankEnd rank(int number, int exit_code, int signal = 0, const std::string &host = "n02") {
    RankEnd end;
    end.rank = number;
    end.host = host;
    end.exit_code = exit_code;
    end.signal = signal;
    return end;
}

JobResult failed(RankEnd first, std::vector<RankEnd> others = {}) {
    JobResult result;
    result.first_failure = first.rank;
    result.status = first.status();
    result.ranks = std::move(others);
    result.ranks.push_back(std::move(first));
    return result;
}

std::string text(const JobResult &result, OnFailure rule = OnFailure::kill) {
    return rendered(ending(result, {.rule = rule, .timeout = 10s, .running = 8}));
}

} // namespace

TEST_CASE("an error and its hint") {
    CHECK(rendered(usage_error("--np: expected a number, got 'four'")) ==
          "pxlaunch: error: --np: expected a number, got 'four'\n");
    CHECK(rendered(cannot_run("nothing\n  pool  absent", "do this\nor that"), "pxrec") ==
          "pxrec: error: nothing\npxrec:   pool  absent\n"
          "pxrec: hint: do this\npxrec:       or that\n");
}

TEST_CASE("hints are broken for a terminal, never within a word") {
    CHECK(rendered(
              cannot_run("x", "get an allocation (salloc -n 64) or add --oversubscribe"),
              "pxlaunch", 56) ==
          "pxlaunch: error: x\n"
          "pxlaunch: hint: get an allocation (salloc -n 64) or add\n"
          "pxlaunch:       --oversubscribe\n");
    const std::string word(100, 'x');
    CHECK(rendered(cannot_run("x", word), "p", 60) ==
          "p: error: x\np: hint: " + word + "\n");
}

TEST_CASE("a success has no words") {
    CHECK(text(JobResult{}).empty());
    JobResult fine;
    fine.ranks = {rank(0, 0), rank(1, 0)};
    CHECK(text(fine).empty());
}

TEST_CASE("which rank failed, where and how") {
    CHECK(text(failed(rank(1, 7))) == "pxlaunch: rank 1 on n02 exited with status 7\n");
    CHECK(text(failed(rank(1, 7, 0, ""))) == "pxlaunch: rank 1 exited with status 7\n");
    RankEnd crash = rank(2, 0, SIGSEGV);
    CHECK(text(failed(crash)) ==
          "pxlaunch: rank 2 on n02 was killed by SIGSEGV; exit status 139\n");
    crash.core_dumped = true;
    CHECK(
        text(failed(crash)) ==
        "pxlaunch: rank 2 on n02 was killed by SIGSEGV (core dumped); exit status 139\n");
    // The ranks that we ended are no news, those that failed by themselves are.
    CHECK(text(failed(rank(1, 7), {rank(0, 0, SIGTERM)})) ==
          "pxlaunch: rank 1 on n02 exited with status 7\n");
    CHECK(
        text(failed(rank(1, 7), {rank(0, 3)}), OnFailure::wait) ==
        "pxlaunch: rank 1 on n02 exited with status 7, and 1 other rank failed later\n");
    CHECK(text(failed(rank(1, 7), {rank(0, 3), rank(2, 4), rank(3, 0)}),
               OnFailure::ignore) ==
          "pxlaunch: rank 1 on n02 exited with status 7, and 2 other ranks failed later "
          "(ignored: --on-failure ignore)\n");
}

TEST_CASE("a server that tells no ranks") {
    JobResult result;
    result.first_failure = 3;
    result.status = 139;
    CHECK(text(result) == "pxlaunch: rank 3 was killed by SIGSEGV; exit status 139\n");
    result.status = 7;
    CHECK(text(result) == "pxlaunch: rank 3 exited with status 7\n");
    result.first_failure = -1;
    CHECK(text(result) == "pxlaunch: the job ended with status 7\n");
}

TEST_CASE("MPI_Abort") {
    JobResult result = failed(rank(1, 3));
    result.aborted = true;
    CHECK(text(result) == "pxlaunch: rank 1 on n02 called MPI_Abort with status 3\n");
    result.abort_text = "bad input";
    CHECK(text(result) ==
          "pxlaunch: rank 1 on n02 called MPI_Abort with status 3: bad input\n");
    result.first_failure = -1;
    result.status = 0;
    CHECK(text(result) ==
          "pxlaunch: the job called MPI_Abort with status 0: bad input\n");
}

TEST_CASE("what is our failure is an error") {
    JobResult lost;
    lost.lost_runtime = true;
    CHECK(text(lost) ==
          "pxlaunch: error: lost the runtime while 8 processes were running\n");
    lost.explanation = "pxrec (pid 4711) was killed";
    lost.hint = "its log may say why: /x/log";
    CHECK(text(lost) ==
          "pxlaunch: error: lost the runtime while 8 processes were running: pxrec "
          "(pid 4711) was killed\npxlaunch: hint: its log may say why: /x/log\n");
    JobResult refused;
    refused.not_run = Exit::not_found;
    CHECK(text(refused) == "pxlaunch: error: the runtime could not start the job\n");
    refused.explanation = "'./a.out' was not found";
    CHECK(text(refused) == "pxlaunch: error: './a.out' was not found\n");
}

TEST_CASE("a timeout names itself, whatever the ranks said") {
    JobResult result = failed(rank(1, 0, SIGTERM));
    result.timed_out = true;
    CHECK(text(result) == "pxlaunch: error: timed out after 10 s; exit status 124\n");
}

TEST_CASE("ranks that come up alone") {
    const Error error = came_up_alone("./a.out", 4);
    CHECK(error.exit == Exit::cannot_run);
    CHECK(error.what ==
          "./a.out came up as 4 jobs of one process, not as one job of 4: its MPI "
          "does not speak PMIx");
    CHECK(error.hint == "build it with an MPI that does (Open MPI, or MPICH configured "
                        "--with-pmix); Debian's MPICH does not");
}
