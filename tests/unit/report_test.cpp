#include "pxlaunch/drive/report.h"
#include "temporary.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace px;
using namespace px::drive;
using Json = nlohmann::json;

namespace {
job::Spec spec_of(std::vector<std::string> argv) {
    job::Spec spec;
    spec.apps.resize(1);
    spec.apps[0].argv = std::move(argv);
    spec.apps[0].np = 2;
    spec.apps[0].directory = "/home/ada";
    return spec;
}
} // namespace

TEST_CASE("a report is there from the start") {
    const Temporary temporary;
    auto report = Report::create(temporary.path("r"), spec_of({"./a.out", "x y"}), 100.5);
    REQUIRE(report);
    const Json start = Json::parse(temporary.read("r"));
    CHECK(start["version"] == 1);
    CHECK(start["state"] == "started");
    CHECK(start["started"] == 100.5);
    CHECK(start["status"].is_null());
    CHECK(start["apps"] == Json::parse(R"([{"argv": ["./a.out", "x y"], "np": 2,
                                            "directory": "/home/ada"}])"));

    job::JobResult result;
    result.first_failure = 1;
    job::RankEnd end;
    end.host = "n01";
    end.pid = 42;
    end.exit_code = 3;
    result.ranks.push_back(end);
    end.rank = 1;
    end.signal = 11;
    result.ranks.push_back(end);
    auto counted = spec_of({"./a.out", "x y"});
    counted.apps[0].np = 3;
    report->set_job("pxrec.n01.7", counted);
    REQUIRE(report->finish(result, 139, "rank 1 was killed", 102));
    const Json last = Json::parse(temporary.read("r"));
    CHECK(last["version"] == 1);
    CHECK(last["state"] == "ended");
    CHECK(last["job"] == "pxrec.n01.7");
    CHECK(last["apps"][0]["np"] == 3);
    CHECK(last["status"] == 139);
    CHECK(last["ended"] == 102.0);
    CHECK(last["first_failure"] == 1);
    CHECK(last["message"] == "rank 1 was killed");
    CHECK(last["ranks"][0]["exit_code"] == 3);
    CHECK(last["ranks"][0]["signal"].is_null());
    CHECK(last["ranks"][1]["exit_code"].is_null());
    CHECK(last["ranks"][1]["signal"] == 11);
    CHECK(last["ranks"][1]["host"] == "n01");
    CHECK(last["ranks"][1]["pid"] == 42);
    // Both documents have the same members.
    for (const auto &[name, value] : last.items()) CHECK(start.contains(name));
    CHECK(start.size() == last.size());
}

TEST_CASE("words that are no UTF-8 are given in hexadecimal digits") {
    const Temporary temporary;
    REQUIRE(Report::create(temporary.path("r"), spec_of({"f\xff", "\xc3\xa4"}), 0));
    const Json argv = Json::parse(temporary.read("r"))["apps"][0]["argv"];
    CHECK(argv[0] == Json::parse(R"({"hex": "66ff"})"));
    CHECK(argv[1] == "\xc3\xa4");
}

TEST_CASE("a report that cannot be written names its option") {
    const auto report = Report::create("/proc/none/r", spec_of({"x"}), 0);
    REQUIRE_FALSE(report);
    CHECK(report.error().what.starts_with("--report: cannot create '/proc/none/r"));
    CHECK(report.error().hint == "name a file in a directory that you may write to");
}
