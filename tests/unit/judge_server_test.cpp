#include "pxlaunch/shims/judge.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace px;
using namespace px::shims;

TEST_CASE("an abort that the server tells is the verdict, however the ranks ended") {
    for (const int status : {7, 0}) {
        Judge judge(job::OnFailure::kill);
        judge.expect(1);
        judge.arrived(0, "n1");
        channel::Ended ended;
        ended.end.exit_code = status;
        judge.ended(0, ended);
        job::JobResult aborted;
        aborted.aborted = true;
        aborted.status = 7;
        judge.server_ended(aborted);
        CHECK(job::exit_code(judge.result(), job::OnFailure::kill) == 7);
    }
}

TEST_CASE("of a job whose size is not known the server's word counts") {
    Judge judge(job::OnFailure::kill);
    judge.arrived(0, "n1");
    judge.gone_without_shim();
    judge.ended(0, {});
    job::JobResult failed;
    failed.status = 9;
    judge.server_ended(failed);
    CHECK(job::exit_code(judge.result(), job::OnFailure::kill) == 9);
}

TEST_CASE("a rank that the job does not have does not count") {
    Judge judge(job::OnFailure::kill);
    judge.arrived(7, "n1");
    judge.expect(1);
    CHECK_FALSE(judge.all_arrived());
    judge.arrived(0, "n1");
    CHECK(judge.all_arrived());
    judge.ended(0, {});
    CHECK(judge.no_report_to_come());
}

TEST_CASE("a server that ends ranks and says that all was well is not believed") {
    Judge judge(job::OnFailure::kill);
    judge.expect(1);
    judge.arrived(0, "n1");
    channel::Ended ended;
    ended.end.signal = 15;
    ended.by_runtime = true;
    judge.ended(0, ended);
    judge.server_ended({});
    CHECK(job::exit_code(judge.result(), job::OnFailure::kill) == 125);
}

TEST_CASE("success is not believed of ranks that never reported") {
    Judge judge(job::OnFailure::kill);
    judge.expect(3);
    judge.arrived(0, "n1");
    judge.gone_without_shim();
    judge.ended(0, {});
    judge.server_ended({});
    CHECK(job::exit_code(judge.result(), job::OnFailure::kill) == 125);
    CHECK(judge.result().explanation ==
          "the runtime lost 2 of 3 ranks, their output and their exit codes");
}

TEST_CASE("a job that is ended before its ranks start did not run") {
    Judge judge(job::OnFailure::kill);
    judge.expect(1);
    judge.cancel();
    judge.server_ended({});
    CHECK(job::exit_code(judge.result(), job::OnFailure::kill) == 125);
    CHECK(judge.result().explanation ==
          "the job was ended before its ranks were started");
}

TEST_CASE(
    "a rank that the server ends, and no other, is the end of the job and its cause") {
    Judge judge(job::OnFailure::wait);
    judge.expect(2);
    judge.arrived(0, "n0");
    judge.arrived(1, "n1");
    channel::Ended by_runtime{{}, true}, by_us{{}, false};
    by_runtime.end.signal = by_us.end.signal = SIGTERM;
    judge.ended(1, by_runtime);
    CHECK_FALSE(judge.must_end());
    judge.ended_by_server(1);
    CHECK(judge.must_end());
    judge.ended(0, by_us); // because of that
    CHECK(judge.result().first_failure == -1);
    CHECK(judge.result().explanation == "the runtime ended rank 1 on n1");
}
