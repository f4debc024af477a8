#include "command_line.h"

#include "pxlaunch/cli/inspect.h"

#include <doctest/doctest.h>

#include <sys/resource.h>

using namespace px;
using namespace px::cli;

namespace {

std::string plan(const Words &words) {
    const auto parsed = parse(words);
    REQUIRE(errors_text(parsed.errors).empty());
    Surroundings here;
    here.environment = {"PATH=/bin", "HOSTNAME=h", "A=old", "B=same"};
    here.directory = "/home/u";
    here.inherited = {027, {{RLIMIT_NOFILE, 1024, RLIM_INFINITY}}};
    Reasons reasons;
    const auto made = make_spec(parsed->options, parsed->config, here, reasons);
    REQUIRE(errors_text(made.errors).empty());
    return dry_run_json(made.value, {"a private server on this node", ""},
                        here.environment);
}

} // namespace

TEST_CASE("the plan of one application") {
    check_golden("dry_run_one.json",
                 plan({"-n", "4", "-x", "A=new", "prog", "a b", "\xff", ""}));
}

TEST_CASE("the plan with everything") {
    check_golden("dry_run_all.json",
                 plan({"--map-by", "core:PE=2", "--bind-to", "none", "--stdin",
                       "all",      "--tag",     "--timeout", "90",   "--on-failure",
                       "wait",     "--output",  "o/",        "-n",   "2",
                       "-g",       "1",         "--path",    "/p",   "--host",
                       "n1:4",     "a",         ":",         "-N",   "1",
                       "-C",       "d",         "b"}));
}
