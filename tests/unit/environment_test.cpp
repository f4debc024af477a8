#include "pxlaunch/job/environment.h"

#include "pxlaunch/cli/option_table.h"
#include "pxlaunch/job/rank_variables.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace px;
using namespace px::job;

namespace {

EnvEdit edit(const std::string &text) { return *parse_env_edit(text); }

Environment env_of(const Environment &own, const EnvRules &rules) {
    Reasons reasons;
    return rank_environment(own, rules, reasons);
}

} // namespace

TEST_CASE("the environment is forwarded whole, less what belongs to one process") {
    const Environment own{"A=1",
                          "PATH=/bin",
                          "EMPTY=",
                          "EQUALS=a=b",
                          "BYTES=\xff\xfe",
                          "LINES=a\nb",
                          "PMIX_RANK=0",
                          "PMI_FD=3",
                          "PRTE_X=1",
                          "SLURM_JOB_ID=7",
                          "SLURM_PROCID=0",
                          "SLURM_LOCALID=0",
                          "SLURM_NODEID=0",
                          "SLURM_GTIDS=0",
                          "SLURM_TASK_PID=1",
                          "SLURM_STEP_ID=0",
                          "SLURM_STEPID=0",
                          "OMPI_COMM_WORLD_RANK=0",
                          "OMPI_MCA_btl=self",
                          "PALS_RANKID=0",
                          "JSM_NAMESPACE_RANK=0",
                          "HOSTNAME=here",
                          "XDG_RUNTIME_DIR=/run/user/0",
                          "PXLAUNCH_RANK=3",
                          "PXLAUNCH_JOB=j",
                          "PXLAUNCH_URI=file:/x",
                          "PXLAUNCH_STATUS_FD=3",
                          "PXLAUNCH_REPORT=r",
                          "PXLAUNCH_TAG=1",
                          "PXLAUNCH_JOB_ID=9"};
    CHECK(env_of(own, {}) == Environment{"A=1", "PATH=/bin", "EMPTY=", "EQUALS=a=b",
                                         "BYTES=\xff\xfe", "LINES=a\nb", "SLURM_JOB_ID=7",
                                         "OMPI_MCA_btl=self", "PXLAUNCH_TAG=1",
                                         "PXLAUNCH_JOB_ID=9"});
}

TEST_CASE("entries that getenv would never return are dropped") {
    CHECK(env_of({"A=1", "A=2", "no equals", "=x", "B=3"}, {}) ==
          Environment{"A=1", "B=3"});
}

TEST_CASE("edits act in their order") {
    EnvRules rules;
    rules.edits = {edit("A=1"), edit("A=2"), *parse_unset_env("B*"), edit("B2=new"),
                   edit("C=")};
    CHECK(env_of({"B1=x", "B2=y", "Z=1"}, rules) ==
          Environment{"Z=1", "A=2", "B2=new", "C="});
}

TEST_CASE(
    "--no-env leaves what -x names; an exact name brings anything, a pattern does not") {
    EnvRules rules;
    rules.whole = false;
    rules.edits = {edit("HOSTNAME"), edit("PMIX_*"), edit("OMP_*")};
    CHECK(env_of({"HOSTNAME=h", "PMIX_RANK=1", "OMP_A=1", "OMP_B=\xff", "X=1"}, rules) ==
          Environment{"HOSTNAME=h", "OMP_A=1", "OMP_B=\xff"});
}

TEST_CASE("a name that is not set leaves a reason") {
    EnvRules rules;
    rules.edits = {edit("GONE"), edit("NO_*")};
    Reasons reasons;
    CHECK(rank_environment({"A=1"}, rules, reasons) == Environment{"A=1"});
    REQUIRE(reasons.size() == 2);
    CHECK(reasons[0].text == "GONE is not set here");
    CHECK(reasons[1].text == "'NO_*' matches no variable");
}

TEST_CASE("the site passes and drops by pattern, the user's -x stands above it") {
    EnvRules rules;
    rules.pass = {"PMI_SHARED*"};
    rules.drop = {"SECRET*"};
    CHECK(env_of({"PMI_SHARED_SECRET=1", "PMI_FD=1", "SECRET_KEY=2"}, rules) ==
          Environment{"PMI_SHARED_SECRET=1"});
    rules.edits = {edit("SECRET_KEY")};
    CHECK(find_variable(env_of({"SECRET_KEY=2"}, rules), "SECRET_KEY") == "2");
}

TEST_CASE("OMP_NUM_THREADS is set only where nobody has spoken of it") {
    EnvRules rules;
    rules.threads = 4;
    CHECK(env_of({}, rules) == Environment{"OMP_NUM_THREADS=4"});
    CHECK(env_of({"OMP_NUM_THREADS=2"}, rules) == Environment{"OMP_NUM_THREADS=2"});
    rules.edits = {*parse_unset_env("OMP_NUM_THREADS")};
    CHECK(env_of({"OMP_NUM_THREADS=2"}, rules).empty());
}

TEST_CASE("environment files") {
    const auto plain = parse_env_file("# comment\n\nA=1\nB= two words # kept\nC\n  \n");
    REQUIRE(plain);
    CHECK(*plain == std::vector<EnvEdit>{{EnvEdit::Kind::set, "A", "1"},
                                         {EnvEdit::Kind::set, "B", " two words # kept"},
                                         {EnvEdit::Kind::pass, "C", ""}});
    const auto by_nul = parse_env_file(std::string_view("A=1\n2\0#B=\xff\0", 11));
    REQUIRE(by_nul);
    CHECK(*by_nul == std::vector<EnvEdit>{{EnvEdit::Kind::set, "A", "1\n2"},
                                          {EnvEdit::Kind::set, "#B", "\xff"}});
    CHECK(parse_env_file("A=1\n=2\n").error().what ==
          "line 2: expected the name of a variable, got =2");
}

TEST_CASE("no variable of ranks or scripts is the variable of an option") {
    std::vector<std::string> options;
    for (const auto &option : cli::option_table()) options.push_back(variable_of(option));
    const auto clashes = [&](std::string_view name) {
        return std::find(options.begin(), options.end(), name) != options.end();
    };
    for (const auto name : rank_variables) CHECK_FALSE_MESSAGE(clashes(name), name);
    for (const auto name : script_variables) CHECK_FALSE_MESSAGE(clashes(name), name);
    CHECK(clashes("PXLAUNCH_NP")); // the comparison compares the right things
}

TEST_CASE("a variable is set in its place, and no other is touched") {
    Environment env{"AB=1", "A=2", "BA=3"};
    set_variable(env, "A", "new");
    CHECK(env == Environment{"AB=1", "A=new", "BA=3"});
    set_variable(env, "C", "");
    CHECK(env == Environment{"AB=1", "A=new", "BA=3", "C="});
    CHECK(find_variable(env, "C") == "");
    CHECK_FALSE(find_variable(env, "B"));
}
