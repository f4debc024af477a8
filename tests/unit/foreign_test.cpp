#include "pxlaunch/pmix/info.h"
#include "pxlaunch/tool/foreign.h"

#include <doctest/doctest.h>

using namespace px;

namespace {

struct Case {
    const char *map, *bind;
    int per_node, cpus;
    const char *told_map, *told_bind;
};

job::Spec spec_of(const Case &asked) {
    job::Spec spec;
    spec.apps.emplace_back();
    spec.apps.front().per_node = asked.per_node;
    spec.apps.front().cpus_per_rank = asked.cpus;
    spec.placement.map = *job::parse_map_by(asked.map);
    if (*asked.bind != '\0') spec.placement.bind = *job::parse_bind_to(asked.bind);
    return spec;
}

} // namespace

TEST_CASE("what a server that is not ours is told of a placement") {
    const Case table[] = {
        {"slot", "", 0, 0, "slot", "none"},
        {"node", "none", 0, 0, "node", "none"},
        {"slot", "core", 0, 0, "slot", "core"},
        {"slot", "", 2, 0, "ppr:2:node", "none"},
        {"numa", "", 2, 0, "numa", "none"},
        {"slot", "", 0, 4, "slot:pe=4", "core"},
        {"slot", "", 2, 4, "ppr:2:node:pe=4", "core"},
        {"slot:pe=3", "", 0, 3, "slot:pe=3", "core"},
        {"pe-list=0,1:ordered", "", 0, 0, "pe-list=0,1:ordered", "core"},
        {"slot:oversubscribe", "", 0, 0, "slot:oversubscribe", "none"},
        {"node:oversubscribe", "core", 0, 0, "node:oversubscribe",
         "core:overload-allowed"},
        {"slot:nooversubscribe", "core", 0, 0, "slot:nooversubscribe", "core"},
    };
    for (const auto &each : table) {
        CAPTURE(each.map);
        CAPTURE(each.bind);
        const auto placement = tool::foreign_placement(spec_of(each));
        CHECK(job::to_string(placement.map) == each.told_map);
        CHECK(job::to_string(placement.bind) == each.told_bind);
    }
}

TEST_CASE("what it cannot do") {
    auto spec = spec_of({"slot", "", 0, 0, "", ""});
    CHECK(tool::check_foreign(spec));
    spec.apps.emplace_back();
    spec.apps.back().gpus_per_rank = 1;
    const auto refused = tool::check_foreign(spec);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().exit == Exit::cannot_run);
    CHECK(refused.error().what ==
          "-g: this server does not give out GPUs, only pxrec's own does");
    CHECK(refused.error().hint ==
          "leave out -g: the program can choose by "
          "PXLAUNCH_LOCAL_RANK; or use --rec srun, or --rec local");
}

TEST_CASE("a server that gives a tool no name has not attached it") {
    CHECK(tool::check_name("pmix-server.7.0;tcp4://127.0.0.1:5", "pmix-server.8"));
    const auto refused = tool::check_name("pmix-server.7.0;tcp4://127.0.0.1:5", "");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what ==
          "the PMIx server at 'pmix-server.7.0;tcp4://127.0.0.1:5' cannot start "
          "processes: it has given this tool no name");
    CHECK(refused.error().hint ==
          "leave it out: pxlaunch finds or starts a server that can");
}

TEST_CASE("what its refusal probably means") {
    const Case asked{"core", "package", 0, 0, "", ""};
    auto placement = tool::foreign_placement(spec_of(asked));
    auto error = tool::refusal(PMIX_ERR_JOB_FAILED_TO_MAP, placement);
    CHECK(error.exit == Exit::cannot_run);
    CHECK(error.what ==
          "the server cannot place the job (--map-by core --rank-by slot --bind-to "
          "package): too few free slots, no such node or object, or words that it does "
          "not combine");
    CHECK(error.hint ==
          "ask for fewer ranks, or allow more of them than slots with --oversubscribe; "
          "PRRTE binds to no larger object than it maps by: try --bind-to none");
    placement.bind = {.none = true};
    CHECK(tool::refusal(PMIX_ERR_OUT_OF_RESOURCE, placement).hint ==
          "ask for fewer ranks, or allow more of them than slots with --oversubscribe");
    error = tool::refusal(PMIX_ERR_JOB_FAILED_TO_LAUNCH, placement);
    CHECK(error.what == "the server could not start the job's processes");
    CHECK(error.hint == "is pxwrap installed at the same path on every node?");
    error = tool::refusal(PMIX_ERR_NO_PERMISSIONS, placement);
    CHECK(error.what.starts_with("the server refused the job: "));
}

TEST_CASE("on a server that is not ours a node's name stands for all of its slots") {
    CHECK(tool::foreign_hosts({"n1", "n2:3"}) ==
          std::vector<std::string>{"n1:*", "n2:3"});
    CHECK(tool::foreign_hosts({}).empty());
}
