#include "rec/cli/commands.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

using namespace px;
using namespace px::rec;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

Result<Arguments> parse(const std::string &command, const Words &words) {
    return parse_arguments(**find_command(command), words);
}

// "what | hint"
std::string error_of(const std::string &command, const Words &words) {
    const auto parsed = parse(command, words);
    if (parsed) return "";
    CHECK(parsed.error().exit == Exit::usage);
    return parsed.error().what + " | " + parsed.error().hint;
}

} // namespace

TEST_CASE("options are read in all their spellings") {
    CHECK(parse("up", {"--idle", "10m"})->value("idle") == "10m");
    CHECK(parse("up", {"--idle=10m"})->value("idle") == "10m");
    CHECK(parse("up", {"--idle=1", "--idle=2"})->value("idle") == "2");
    CHECK(parse("kill", {"-s", "INT", "a"})->value("signal") == "INT");
    CHECK(parse("kill", {"a", "-sINT", "b"})->words == Words{"a", "b"});
    CHECK(parse("down", {"-f"})->has("force"));
    CHECK_FALSE(parse("down", {})->has("force"));
    CHECK(parse("status", {"--json"})->value("json") == "");
}

TEST_CASE("a command keeps its own options") {
    const auto run =
        parse("run", {"-x", "A=1", "-xB=2", "-C", "/d", "prog", "-x", "--help", "--"});
    REQUIRE(run);
    CHECK(run->words == Words{"prog", "-x", "--help", "--"});
    CHECK(run->all("env") == Words{"A=1", "B=2"});
    CHECK(run->value("directory") == "/d");
    CHECK(parse("run", {"--", "--json"})->words == Words{"--json"});
    CHECK(parse("run", {"-", "x"})->words == Words{"-", "x"});
}

TEST_CASE("--help answers before anything else is checked") {
    CHECK(parse("kill", {"--help"})->has("help"));
    CHECK(parse("kill", {"-h"})->has("help"));
    CHECK(parse("run", {"--cores=x", "--help"})->has("help"));
    CHECK_FALSE(parse("run", {"x", "--help"})->has("help"));
}

TEST_CASE("wrong options are named, with the nearest right one") {
    CHECK(error_of("up", {"--idel", "3"}) ==
          "pxrec up: unknown option '--idel' | did you mean '--idle'?");
    CHECK(error_of("up", {"--flibbertigibbet=3"}) ==
          "pxrec up: unknown option '--flibbertigibbet' | 'pxrec up --help' shows its "
          "options");
    CHECK(error_of("down", {"-x"}) ==
          "pxrec down: unknown option '-x' | 'pxrec down --help' shows its options");
    CHECK(error_of("down", {"-fx"}) ==
          "pxrec down: unknown option '-x' | 'pxrec down --help' shows its options");
    CHECK(error_of("down", {"--force=yes"}) ==
          "--force takes no argument | 'pxrec down --help' shows its options");
    CHECK(error_of("up", {"--idle"}) == "--idle needs an argument | write --idle DUR");
    CHECK(error_of("run", {"-x"}) == "-x needs an argument | write -x NAME=VALUE");
}

TEST_CASE("too many words and too few") {
    CHECK(error_of("down", {"now"}) ==
          "pxrec down: unexpected word 'now' | 'pxrec down --help' shows its options");
    CHECK(error_of("ps", {"a", "b"}) ==
          "pxrec ps: unexpected word 'b' | 'pxrec ps --help' shows its options");
    CHECK(error_of("kill", {}) ==
          "pxrec kill: a job's name is missing | 'pxrec ps' lists the jobs");
    CHECK(error_of("run", {"--"}) ==
          "pxrec run: the command is missing | write pxrec run "
          "[OPTIONS] -- COMMAND [ARG...]");
}

TEST_CASE("numbers and durations are checked, and the option is named") {
    CHECK(*parse("up", {"--cores", "3"})->count("cores") == 3);
    CHECK(*parse("up", {})->count("cores") == std::nullopt);
    for (const std::string bad : {"0", "-1", "x", "", "1.5", "9999999999"}) {
        const auto count = parse("up", {"--cores", bad})->count("cores");
        REQUIRE_FALSE(count);
        CHECK(count.error().what ==
              fmt::format("--cores: expected a number from 1, got '{}'", bad));
        CHECK(count.error().hint == "leave --cores out for all there are");
    }
    CHECK(*parse("up", {"--idle", "2m"})->duration("idle") == std::optional(120'000ms));
    const auto time = parse("up", {"--idle", "soon"})->duration("idle");
    REQUIRE_FALSE(time);
    CHECK(time.error().what == "--idle: expected a duration, got 'soon'");
}

TEST_CASE("a wrong command gets the nearest one") {
    const auto text = [](const std::string &name) {
        const auto found = find_command(name);
        return found ? "" : found.error().what + " | " + found.error().hint;
    };
    CHECK(text("stauts") == "unknown command 'stauts' | did you mean 'status'?");
    CHECK(text("--verison") == "unknown option '--verison' | did you mean '--version'?");
    CHECK(text("zzzzzz") ==
          "unknown command 'zzzzzz' | 'pxrec --help' lists the commands");
}

TEST_CASE("the table is consistent") {
    for (const auto &command : commands()) {
        CAPTURE(command.name);
        CHECK((command.run != nullptr));
        CHECK(command.least_words <= command.most_words);
        CHECK((command.most_words > 0) == !command.words.empty());
        CHECK(command.more.ends_with('.'));
        std::set<std::string_view> names{"help"};
        std::set<char> letters{'h'};
        for (const auto &option : command.options) {
            CAPTURE(option.name);
            CHECK(names.insert(option.name).second);
            if (option.letter != 0) CHECK(letters.insert(option.letter).second);
            CHECK(option.help.ends_with('.'));
        }
    }
}
