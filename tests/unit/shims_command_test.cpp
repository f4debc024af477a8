#include "pxlaunch/channel/assignment.h"
#include "pxlaunch/shims/command.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::shims;
using Words = std::vector<std::string>;

namespace {

const Report report = {"5ec3e7", "n01", {"10.0.0.1:4711", "[2001:db8::1]:4711"}};

// Two applications that share nothing but the job.
job::Spec two_apps() {
    job::Spec spec;
    spec.apps.resize(2);
    auto &first = spec.apps[0], &second = spec.apps[1];
    first.argv = {"solver", "-x", "a b"};
    first.directory = "/home/me";
    first.env = {"PATH=/bin", "A=1\n2"};
    first.path = "/opt/bin";
    first.np = 3;
    first.cpus_per_rank = 2;
    second.argv = {"/bin/viewer"};
    second.directory = "/tmp/with blank";
    second.env = {"B=2"};
    second.np = 1;
    second.hosts = {"n02:4"};
    spec.inherited = {027, {{7, 1024, 4096}}};
    spec.io.input = {job::StdinTo::one, 2};
    spec.io.merge_stderr = true;
    return spec;
}

job::Spec shimmed(const job::Spec &spec) {
    return under_shims(spec, "/opt/px wrap/pxwrap", report, {.rows = 24, .columns = 80});
}

channel::Assignment assignment_in(const Words &environment) {
    const auto found = channel::find_assignment(environment);
    REQUIRE(found);
    REQUIRE(found->has_value());
    return **found;
}

} // namespace

TEST_CASE("the command of every application is the shim, then its own words") {
    const auto spec = shimmed(two_apps());
    REQUIRE(spec.apps.size() == 2);
    CHECK(spec.apps[0].argv == Words{"/opt/px wrap/pxwrap", "--", "solver", "-x", "a b"});
    CHECK(spec.apps[1].argv == Words{"/opt/px wrap/pxwrap", "--", "/bin/viewer"});
}

TEST_CASE("where one command starts all, every application is the shim alone") {
    const auto spec = under_shims(two_apps(), "/opt/px wrap/pxwrap", report, {}, true);
    Words environment;
    for (const auto &app : spec.apps) {
        CHECK(app.argv == Words{"/opt/px wrap/pxwrap", "--"});
        environment.insert(environment.end(), app.env.begin(), app.env.end());
    }
    const auto first = assignment_in(environment);
    CHECK(first.argv == Words{"solver", "-x", "a b"});
    CHECK(first.directory == "/home/me");
    CHECK(first.must_reach);
    const auto second = channel::find_assignment(environment, 1);
    REQUIRE(second);
    REQUIRE(second->has_value());
    CHECK((*second)->argv == Words{"/bin/viewer"});
    CHECK((*second)->env == Words{"B=2"});
    CHECK_FALSE(channel::find_assignment(environment, 2)->has_value());
    CHECK_FALSE(assignment_in(shimmed(two_apps()).apps[0].env).must_reach);
}

TEST_CASE("the server sees no directory, no path and no environment of the user's") {
    const auto spec = shimmed(two_apps());
    for (const auto &app : spec.apps) {
        CHECK(app.directory == "/");
        CHECK(app.path.empty());
        CHECK_FALSE(app.env.empty());
        for (const auto &entry : app.env) CHECK(entry.starts_with("PXWRAP_JOB_"));
    }
}

TEST_CASE("counts and places stay as they are") {
    const auto asked = two_apps(), spec = shimmed(asked);
    CHECK(spec.np() == 4);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(spec.apps[i].np == asked.apps[i].np);
        CHECK(spec.apps[i].cpus_per_rank == asked.apps[i].cpus_per_rank);
        CHECK(spec.apps[i].hosts == asked.apps[i].hosts);
    }
}

TEST_CASE("each application's shims are told where to run it, and with what") {
    const auto asked = two_apps(), spec = shimmed(asked);
    for (std::size_t i = 0; i < 2; ++i) {
        CAPTURE(i);
        const auto assignment = assignment_in(spec.apps[i].env);
        CHECK(assignment.directory == asked.apps[i].directory);
        CHECK(assignment.path == asked.apps[i].path);
        CHECK(assignment.env == asked.apps[i].env);
    }
}

TEST_CASE("all shims are told of the job, and whom to report to") {
    const auto spec = shimmed(two_apps());
    for (const auto &app : spec.apps) {
        const auto assignment = assignment_in(app.env);
        CHECK(assignment.secret == report.secret);
        CHECK(assignment.host == report.host);
        CHECK(assignment.addresses == report.addresses);
        CHECK(assignment.size == 4);
        CHECK(assignment.inherited.umask == 027);
        REQUIRE(assignment.inherited.rlimits.size() == 1);
        CHECK(assignment.inherited.rlimits[0].resource == 7);
        CHECK(assignment.inherited.rlimits[0].soft == 1024);
        CHECK(assignment.inherited.rlimits[0].hard == 4096);
        CHECK(assignment.input.to == job::StdinTo::one);
        CHECK(assignment.input.rank == 2);
        CHECK(assignment.merge_stderr);
        CHECK(assignment.rows == 24);
        CHECK(assignment.columns == 80);
    }
}

TEST_CASE("a large environment becomes several variables") {
    auto asked = two_apps();
    asked.apps[1].env.push_back("LONG=" + std::string(250'000, 'x'));
    const auto spec = shimmed(asked);
    CHECK(spec.apps[0].env.size() == 1);
    CHECK(spec.apps[1].env.size() == 3);
    CHECK((assignment_in(spec.apps[1].env).env == asked.apps[1].env)); // long
}

TEST_CASE("shims of a job that only the runtime counts know no size") {
    auto asked = two_apps();
    for (auto &app : asked.apps) app.np = 0;
    CHECK(assignment_in(shimmed(asked).apps[0].env).size == 0);
}

TEST_CASE("shims describe their nodes where that was asked for") {
    const auto describe = [](const tool::SpawnExtras &extras) {
        const auto spec = under_shims(two_apps(), "pxwrap", report, extras);
        return assignment_in(spec.apps[0].env).describe;
    };
    CHECK(describe({}) == channel::Describe::no);
    CHECK(describe({.describe = true}) == channel::Describe::yes);
    CHECK(describe({.map_only = true, .describe = true}) == channel::Describe::only);
}
