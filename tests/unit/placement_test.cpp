#include "pxlaunch/job/placement.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::job;

namespace {

struct Accepted {
    std::string text;
    MapBy map;
    std::string printed;
};

MapBy by(Object object) {
    MapBy map;
    map.object = object;
    return map;
}

template <class Change>
MapBy with(Object object, Change change) {
    MapBy map = by(object);
    change(map);
    return map;
}

struct Refused {
    std::string text, what, hint;
};

template <class Parse>
void check_refused(const std::vector<Refused> &rows, Parse parse) {
    for (const auto &[text, what, hint] : rows) {
        CAPTURE(text);
        const auto got = parse(text);
        REQUIRE_FALSE(got);
        CHECK(got.error().exit == Exit::usage);
        CHECK(got.error().what == what);
        CHECK(got.error().hint == hint);
    }
}

} // namespace

TEST_CASE("--map-by: every word, and what it prints as") {
    const auto slot = Object::slot;
    const std::vector<Accepted> rows = {
        {"slot", by(slot), "slot"},
        {"hwthread", by(Object::hwthread), "hwthread"},
        {"core", by(Object::core), "core"},
        {"L1CACHE", by(Object::l1cache), "l1cache"},
        {"l2cache", by(Object::l2cache), "l2cache"},
        {"L3cache", by(Object::l3cache), "l3cache"},
        {"l3", by(Object::l3cache), "l3cache"},
        {"numa", by(Object::numa), "numa"},
        {"package", by(Object::package), "package"},
        {"socket", by(Object::package), "package"},
        {"NODE", by(Object::node), "node"},
        {"ppr:2:numa", with(Object::numa, [](MapBy &m) { m.per_object = 2; }),
         "ppr:2:numa"},
        {"PPR:4:Node:Oversubscribe",
         with(Object::node,
              [](MapBy &m) {
                  m.per_object = 4;
                  m.oversubscribe = true;
              }),
         "ppr:4:node:oversubscribe"},
        {"numa:PE=3", with(Object::numa, [](MapBy &m) { m.cpus = 3; }), "numa:pe=3"},
        {"ppr:1:socket:pe=8",
         with(Object::package,
              [](MapBy &m) {
                  m.per_object = 1;
                  m.cpus = 8;
              }),
         "ppr:1:package:pe=8"},
        {"pe-list=0,4-6",
         with(slot,
              [](MapBy &m) {
                  m.pe_list = true;
                  m.cpu_list = {0, 4, 5, 6};
              }),
         "pe-list=0,4,5,6"},
        {"pe-list=3,1:ordered:hwtcpus",
         with(slot,
              [](MapBy &m) {
                  m.pe_list = m.ordered = true;
                  m.hwthread_cpus = true;
                  m.cpu_list = {3, 1};
              }),
         "pe-list=3,1:ordered:hwtcpus"},
        {"core:span", with(Object::core, [](MapBy &m) { m.span = true; }), "core:span"},
        {"node:nolocal", with(Object::node, [](MapBy &m) { m.nolocal = true; }),
         "node:nolocal"},
        {":oversubscribe", with(slot, [](MapBy &m) { m.oversubscribe = true; }),
         "slot:oversubscribe"},
        {"slot:nooversubscribe", with(slot, [](MapBy &m) { m.oversubscribe = false; }),
         "slot:nooversubscribe"},
        {"slot:PE=2,OVERSUBSCRIBE",
         with(slot,
              [](MapBy &m) {
                  m.cpus = 2;
                  m.oversubscribe = true;
              }),
         "slot:pe=2:oversubscribe"},
        {"core:corecpus", by(Object::core), "core"},
    };
    for (const auto &[text, map, printed] : rows) {
        CAPTURE(text);
        const auto got = parse_map_by(text);
        REQUIRE(got);
        CHECK(*got == map);
        CHECK(to_string(*got) == printed);
        CHECK(*parse_map_by(to_string(*got)) == *got);
    }
}

TEST_CASE("--map-by: what is refused, and what is said") {
    const std::string all = " --map-by=help lists all words";
    check_refused(
        {
            {"nuna", "--map-by: unknown word 'nuna'", "did you mean 'numa'?" + all},
            {"", "--map-by: unknown word ''", "--map-by=help lists the words"},
            {"banana", "--map-by: unknown word 'banana'",
             "--map-by=help lists the words"},
            {"core:oversubscibe", "--map-by: unknown word 'oversubscibe'",
             "did you mean 'oversubscribe'?" + all},
            {"core:", "--map-by: unknown word ''", "--map-by=help lists the words"},
            {"numa:pe", "--map-by: 'pe' needs a number of at least 1",
             "as in numa:pe=2 or ppr:2:numa"},
            {"numa:pe=0", "--map-by: 'pe=0' needs a number of at least 1",
             "as in numa:pe=2 or ppr:2:numa"},
            {"ppr:x:numa", "--map-by: 'ppr:x:numa' needs a number of at least 1",
             "as in numa:pe=2 or ppr:2:numa"},
            {"ppr:2", "--map-by: 'ppr:2' is not a whole pattern",
             "write ppr:N:OBJECT, as in ppr:2:numa or ppr:4:node"},
            {"ppr:2:slot",
             "--map-by: ppr needs an object to count on, and a slot is none",
             "write ppr:N:node for N ranks on each node"},
            {"ppr:2:noode", "--map-by: unknown word 'noode'",
             "did you mean 'node'?" + all},
            {"pe-list=", "--map-by: '' is not a cpu or a range of cpus",
             "write pe-list=0,2-3"},
            {"pe-list=5-3", "--map-by: '5-3' is not a cpu or a range of cpus",
             "write pe-list=0,2-3"},
            {"pe-list=1,0-2", "--map-by: cpu 1 is twice in pe-list",
             "name each cpu once"},
            {"pe-list=0:pe=2", "--map-by: pe=N and pe-list exclude each other",
             "pe-list names the cpus itself"},
            {"core:ordered", "--map-by: ordered only goes with pe-list",
             "write pe-list=0,2-3:ordered"},
            {"slot:span", "--map-by: span only goes with an object of a node",
             "write core:span, numa:span or package:span"},
            {"ppr:2:numa:span", "--map-by: span only goes with an object of a node",
             "write core:span, numa:span or package:span"},
            {"core:oversubscribe:nooversubscribe",
             "--map-by: oversubscribe and nooversubscribe exclude each other",
             "keep one of them"},
            {"core:hwtcpus:corecpus", "--map-by: hwtcpus and corecpus exclude each other",
             "keep one of them"},
            {"seq", "--map-by: 'seq' is a word of PRRTE that pxlaunch does not have",
             "write --host with one name for each rank, or separate applications with "
             "':'"},
            {"rankfile:file=x",
             "--map-by: 'rankfile' is a word of PRRTE that pxlaunch does not have",
             "write --map-by pe-list=CPUS:ordered, or separate applications with ':'"},
            {"Dist:mlx5_0",
             "--map-by: 'dist' is a word of PRRTE that pxlaunch does not have",
             "write --map-by numa"},
            {"device=gpu",
             "--map-by: 'device' is a word of PRRTE that pxlaunch does not have",
             "write -g N: each rank then sees its N nearest GPUs"},
            {"core:inherit",
             "--map-by: 'inherit' is a word of PRRTE that pxlaunch does not have",
             "write the placement on the command line of each job"},
        },
        parse_map_by);
}

TEST_CASE("--rank-by: every word") {
    const std::pair<const char *, RankBy> rows[] = {{"slot", RankBy::slot},
                                                    {"Node", RankBy::node},
                                                    {"fill", RankBy::fill},
                                                    {"SPAN", RankBy::span}};
    for (const auto &[text, rank] : rows) {
        REQUIRE(parse_rank_by(text));
        CHECK(*parse_rank_by(text) == rank);
        CHECK(*parse_rank_by(to_string(rank)) == rank);
    }
    check_refused({{"spam", "--rank-by: unknown word 'spam'",
                    "did you mean 'span'? --rank-by=help lists all words"},
                   {"core", "--rank-by: 'core' is a word of --map-by",
                    "write --map-by core --rank-by span, or fill"}},
                  parse_rank_by);
}

TEST_CASE("--bind-to: every word, and what it prints as") {
    struct Row {
        std::string text;
        BindTo bind;
        std::string printed;
    };
    const std::vector<Row> rows = {
        {"default", {}, "default"},
        {"none", {Object::slot, true, false, false}, "none"},
        {"hwthread", {Object::hwthread, false, false, false}, "hwthread"},
        {"Core", {Object::core, false, false, false}, "core"},
        {"l1cache", {Object::l1cache, false, false, false}, "l1cache"},
        {"l2cache", {Object::l2cache, false, false, false}, "l2cache"},
        {"l3cache", {Object::l3cache, false, false, false}, "l3cache"},
        {"numa", {Object::numa, false, false, false}, "numa"},
        {"socket", {Object::package, false, false, false}, "package"},
        {"core:overload-allowed",
         {Object::core, false, true, false},
         "core:overload-allowed"},
        {"core:OVERLOAD", {Object::core, false, true, false}, "core:overload-allowed"},
        {"core:no-overload", {Object::core, false, false, false}, "core"},
        {":if-supported", {Object::slot, false, false, true}, "default:if-supported"},
        {"numa:if-supported:overload-allowed",
         {Object::numa, false, true, true},
         "numa:overload-allowed:if-supported"},
    };
    for (const auto &[text, bind, printed] : rows) {
        CAPTURE(text);
        const auto got = parse_bind_to(text);
        REQUIRE(got);
        CHECK(*got == bind);
        CHECK(to_string(*got) == printed);
        CHECK(*parse_bind_to(to_string(*got)) == *got);
    }
    check_refused({{"cores", "--bind-to: unknown word 'cores'",
                    "did you mean 'core'? --bind-to=help lists all words"},
                   {"node", "--bind-to: unknown word 'node'",
                    "did you mean 'none'? --bind-to=help lists all words"},
                   {"", "--bind-to: unknown word ''", "--bind-to=help lists the words"},
                   {"core:overload-alowed", "--bind-to: unknown word 'overload-alowed'",
                    "did you mean 'overload-allowed'? --bind-to=help lists all words"},
                   {"core:overload:no-overload",
                    "--bind-to: overload-allowed and no-overload exclude each other",
                    "keep one of them"},
                   {"core:limit=2",
                    "--bind-to: 'limit' is a word of PRRTE that pxlaunch does not have",
                    "write --map-by ppr:N:OBJECT for N ranks on each object"}},
                  parse_bind_to);
}

TEST_CASE("ranks follow the map where nobody says how to rank") {
    CHECK(default_rank_by(*parse_map_by("slot")) == RankBy::slot);
    CHECK(default_rank_by(*parse_map_by("node")) == RankBy::node);
    CHECK(default_rank_by(*parse_map_by("numa")) == RankBy::fill);
    CHECK(default_rank_by(*parse_map_by("numa:span")) == RankBy::span);
    CHECK(default_rank_by(*parse_map_by("ppr:2:node")) == RankBy::slot);
    CHECK(default_rank_by(*parse_map_by("pe-list=0,1")) == RankBy::slot);
}

TEST_CASE("help lists hold every word, and fit a terminal") {
    const auto fits = [](const std::vector<WordHelp> &words) {
        for (const auto &word : words) {
            CAPTURE(word.word);
            CHECK(word.word.size() <= 18);
            CHECK(word.text.size() <= 60);
        }
    };
    fits(map_by_words());
    fits(rank_by_words());
    fits(bind_to_words());
    for (const auto &[word, text] : rank_by_words()) CHECK(parse_rank_by(word));
    for (const auto &[word, text] : bind_to_words()) CHECK(parse_bind_to(word));
    for (const auto &[word, text] : map_by_words()) {
        const bool needs_value = word.find_first_of("NC") != std::string::npos;
        const bool needs_object = word == ":span" || word == ":ordered";
        if (!needs_value && !needs_object) CHECK_MESSAGE(parse_map_by(word), word);
    }
}
