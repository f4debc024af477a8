#include "command_line.h"

#include "pxlaunch/cli/option_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

using namespace px;
using namespace px::cli;

TEST_CASE("parsing stops at the first word that is no option") {
    const auto parsed = parse({"-n", "4", "-x", "A=B", "./prog", "-n", "9", "--tag"});
    REQUIRE(parsed);
    const auto &options = parsed->options;
    REQUIRE(options.apps.size() == 1);
    CHECK(options.apps[0].argv == Words{"./prog", "-n", "9", "--tag"});
    CHECK(options.apps[0].np == 4);
    CHECK_FALSE(options.io.tag);
    CHECK(options.apps[0].env ==
          std::vector<job::EnvEdit>{{job::EnvEdit::Kind::set, "A", "B"}});
}

TEST_CASE("a number can be written in every way that people know") {
    for (const Words &words : std::vector<Words>{{"-n", "4"},
                                                 {"-n4"},
                                                 {"-n=4"},
                                                 {"-np", "4"},
                                                 {"-np=4"},
                                                 {"--np", "4"},
                                                 {"--np=4"},
                                                 {"-vn", "4"},
                                                 {"-vn4"},
                                                 {"-n", "9", "-n", "4"}}) {
        CAPTURE(words[0]);
        Words all = words;
        all.push_back("prog");
        const auto parsed = parse(all);
        CHECK(errors_text(parsed.errors).empty());
        CHECK(parsed->options.apps.at(0).np == 4);
        CHECK(parsed->options.apps.at(0).argv == Words{"prog"});
    }
}

TEST_CASE("every spelling of every option is found, and none twice") {
    std::vector<std::string> seen;
    for (const auto &option : option_table()) {
        for (const auto &spelling : spellings_of(option)) {
            CAPTURE(spelling);
            CHECK(find_option(spelling.substr(spelling.find_first_not_of('-'))) ==
                  &option);
            CHECK(std::find(seen.begin(), seen.end(), spelling) == seen.end());
            seen.push_back(spelling);
        }
    }
}

TEST_CASE("one dash does for the names that mpirun knows") {
    const auto parsed = parse({"-ppn", "2", "-host", "a,b:3", "-hostfile", "/h", "-wdir",
                               "/w", "-path", "/p", "prog"});
    REQUIRE(errors_text(parsed.errors).empty());
    const auto &app = parsed->options.apps[0];
    CHECK(app.per_node == 2);
    CHECK(app.hosts == Words{"a", "b:3"});
    CHECK(parsed->options.hostfile == "/h");
    CHECK(app.directory == "/w");
    CHECK(app.path == "/p");
}

TEST_CASE("applications are separated by ':' unless -- comes before the command") {
    const auto parsed = parse({"--tag", "-n", "1", "-x", "A", "a", "x", ":", "-n", "2",
                               "-C", "/d", "b", ":", "--", "c", ":", "d"});
    REQUIRE(errors_text(parsed.errors).empty());
    const auto &apps = parsed->options.apps;
    REQUIRE(apps.size() == 3);
    CHECK(apps[0].argv == Words{"a", "x"});
    CHECK(apps[0].env.size() == 1);
    CHECK(apps[1].argv == Words{"b"});
    CHECK(apps[1].np == 2);
    CHECK(apps[1].directory == "/d");
    CHECK(apps[1].env.empty());
    CHECK(apps[2].argv == Words{"c", ":", "d"});
    CHECK_FALSE(apps[2].np);
    CHECK(parsed->options.io.tag);
}

TEST_CASE("the command's words arrive byte for byte") {
    const Words command{
        "a b", std::string(200'000, 'x'), "new\nline", "'\"", "\xff\xfe", "", "--", "-n"};
    auto words = command;
    words.insert(words.begin(), {"-x", "B=" + std::string(200'000, 'y') + "\xff", "--"});
    const auto parsed = parse(words);
    REQUIRE(errors_text(parsed.errors).empty());
    CHECK(parsed->options.apps[0].argv == command);
    CHECK(parsed->options.apps[0].env[0].value == std::string(200'000, 'y') + "\xff");
}

TEST_CASE("an option's argument may begin with a dash") {
    const auto parsed = parse({"-x", "-strange", "-C", "--", "prog"});
    REQUIRE(errors_text(parsed.errors).empty());
    CHECK(parsed->options.apps[0].env[0].name == "-strange");
    CHECK(parsed->options.apps[0].directory == "--");
}

TEST_CASE("options for the whole job") {
    const auto parsed = parse({"--stdin",      "3",
                               "--timestamp",  "--merge-stderr",
                               "--output",     "o/%r.%h",
                               "--timeout",    "1:30",
                               "--grace=5",    "--start-timeout",
                               "2m",           "--on-timeout",
                               "stacks",       "--on-failure",
                               "wait",         "--forward-signals",
                               "SIGWINCH,URG", "--display",
                               "map,bind",     "-vv",
                               "--status-fd",  "3",
                               "--report",     "r",
                               "--json",       "--no-wait",
                               "--no-start",   "--rec",
                               "local",        "p"});
    REQUIRE(errors_text(parsed.errors).empty());
    const auto &options = parsed->options;
    CHECK(options.input_given);
    CHECK(options.io.input.rank == 3);
    CHECK(options.io.timestamp);
    CHECK(options.io.merge_stderr);
    CHECK(options.io.files == "o/%r.%h");
    CHECK(options.limits.timeout == std::chrono::seconds(90));
    CHECK(options.limits.grace == std::chrono::seconds(5));
    CHECK(options.limits.start_timeout == std::chrono::minutes(2));
    CHECK(options.limits.stacks_on_timeout);
    CHECK(options.limits.on_failure == job::OnFailure::wait);
    CHECK(options.limits.forward_signals ==
          std::vector<int>{SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH, SIGURG});
    CHECK(options.display.map);
    CHECK(options.display.bind);
    CHECK_FALSE(options.display.alloc);
    CHECK(options.verbose == 2);
    CHECK(options.status_fd == 3);
    CHECK(options.report == "r");
    CHECK(options.json);
    CHECK(options.limits.no_wait);
    CHECK(options.no_start);
    CHECK(options.rec == "local");
    CHECK(options.server_origin == "--rec");
    CHECK(parse({"--pxwrap=/opt/pxwrap", "p"})->options.pxwrap == "/opt/pxwrap");
    CHECK(parse({"--forward-signals=none", "p"})->options.limits.forward_signals.empty());
    CHECK(parse({"--timeout=0", "p"})->options.limits.timeout == std::nullopt);
}

TEST_CASE("a flag can be taken back") {
    CHECK_FALSE(parse({"--tag=no", "p"})->options.io.tag);
    CHECK_FALSE(parse({"p"}, {"PXLAUNCH_TAG=0"})->options.io.tag);
    CHECK(parse({"p"}, {"PXLAUNCH_TAG=yes"})->options.io.tag);
    CHECK_FALSE(parse({"--tag=no", "p"}, {"PXLAUNCH_TAG=yes"})->options.io.tag);
}

TEST_CASE("only --probe needs no command") {
    CHECK(parse({"--probe"})->options.apps.empty());
    CHECK(parse({"--probe", "p"})->options.apps.size() == 1);
}
