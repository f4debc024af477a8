#include "rec/cli/signal_names.h"
#include "rec/cli/view.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <csignal>

using namespace px;
using namespace px::rec;

namespace {

const std::string jobs_document = R"([
    {"job": "px.7.1", "owner": "t", "command": ["./a", "two words"], "ranks": [
        {"rank": 0, "host": "n1", "pid": 11, "state": "running", "status": 0, "started": 100.5},
        {"rank": 1, "host": "n1", "pid": 12345, "state": "connected", "status": 0,
         "started": 100.5}]},
    {"job": "px.7.12", "owner": "u", "command": ["b"], "ranks": [
        {"rank": 0, "host": "longer", "pid": 3, "state": "ended", "status": 1,
         "started": 3700}]}])";
const std::string server_document = R"({"version": "0.1.0", "pmix": "5.0.7", "pid": 9,
    "uri": "pxrec-9.0;tcp4://127.0.0.1:1", "host": "n1", "managed": true, "cores": 4,
    "free_cores": 3, "jobs": 2, "waiting": 1, "refused_connections": 0, "started": 10.0})";

std::string text_of(const Result<std::vector<JobView>> &jobs) {
    if (!jobs) return jobs.error().what + " | " + jobs.error().hint;
    std::string text;
    for (const auto &job : *jobs) text += job.job + ";";
    return text;
}

} // namespace

TEST_CASE("ps is a table with a line for each rank") {
    CHECK(ps_text(*read_jobs(jobs_document), 3700.5) ==
          "JOB      RANK  HOST      PID  STATE      ELAPSED  COMMAND\n"
          "px.7.1      0  n1         11  running    1:00:00  ./a 'two words'\n"
          "px.7.1      1  n1      12345  connected  1:00:00  ./a 'two words'\n"
          "px.7.12     0  longer      3  ended        00:00  b\n");
    CHECK(ps_text({}, 0) == "JOB  RANK  HOST  PID  STATE  ELAPSED  COMMAND\n");
}

TEST_CASE("status is a few lines, without the address") {
    const auto server = read_server(server_document);
    REQUIRE(server);
    CHECK(status_text(*server, 2, 95.0) == "server  pid 9, pxrec 0.1.0, PMIx 5.0.7\n"
                                           "host    n1\n"
                                           "cores   3 of 4 free\n"
                                           "jobs    2 running, 1 waiting\n"
                                           "up      01:25\n");
    const std::string json = status_json(*server, 2, "/d/log");
    CHECK(json.find("tcp4") == std::string::npos);
    const auto document = nlohmann::json::parse(json);
    CHECK(document["version"] == 1);
    CHECK(document["pid"] == 9);
    CHECK(document["jobs"] == 2);
    CHECK(document["waiting"] == 1);
    CHECK(document["log"] == "/d/log");
}

TEST_CASE("ps --json has a version, the jobs and their ranks") {
    const auto document = nlohmann::json::parse(ps_json(*read_jobs(jobs_document)));
    CHECK(document["version"] == 1);
    REQUIRE(document["jobs"].size() == 2);
    CHECK(document["jobs"][0]["command"][1] == "two words");
    CHECK(document["jobs"][0]["ranks"][1]["pid"] == 12345);
    CHECK(document["jobs"][1]["ranks"][0]["state"] == "ended");
}

TEST_CASE("an answer that is no document is an error") {
    for (const std::string bad : {"", "{", "[]", "{}", "[{\"job\": 3}]"}) {
        CAPTURE(bad);
        CHECK_FALSE(read_server(bad));
        if (bad != "[]" && bad != "{}") CHECK_FALSE(read_jobs(bad));
    }
    CHECK(read_server("[]").error().what == "the server's answer is not understood");
    CHECK_FALSE(read_server("[]").error().hint.empty());
}

TEST_CASE("a job is found by its name, and a wrong name gets the nearest") {
    const auto jobs = *read_jobs(jobs_document);
    CHECK(text_of(only_job(jobs, "px.7.12")) == "px.7.12;");
    CHECK(text_of(only_job(jobs, "px.7.2")) ==
          "there is no job 'px.7.2' | did you mean 'px.7.1'? there are: px.7.1 px.7.12");
    CHECK(text_of(only_job(jobs, "something else")) ==
          "there is no job 'something else' | there are: px.7.1 px.7.12");
    CHECK(text_of(only_job({}, "x")) == "there is no job 'x' | no job is running");
}

TEST_CASE("elapsed time is written as ps writes it") {
    CHECK(elapsed_text(-3) == "00:00");
    CHECK(elapsed_text(59.9) == "00:59");
    CHECK(elapsed_text(61) == "01:01");
    CHECK(elapsed_text(3600) == "1:00:00");
    CHECK(elapsed_text(86400 * 2 + 3 * 3600 + 4 * 60 + 5) == "2-03:04:05");
}

TEST_CASE("signals go by name or number") {
    CHECK(*parse_signal("TERM") == SIGTERM);
    CHECK(*parse_signal("sigusr1") == SIGUSR1);
    CHECK(*parse_signal("9") == SIGKILL);
    CHECK(*parse_signal("64") == 64);
    for (const std::string bad : {"0", "65", "", "-1"}) CHECK_FALSE(parse_signal(bad));
    const auto wrong = parse_signal("TERMM");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().exit == Exit::usage);
    CHECK(wrong.error().what == "--signal: unknown signal 'TERMM'");
    CHECK(wrong.error().hint == "did you mean 'TERM'?");
    CHECK(parse_signal("flibbertigibbet").error().hint == "'kill -l' lists them");
}
