#include "command_line.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/help.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::cli;

namespace {

void check_width(const std::string &text) {
    for (const auto &line : split(text, '\n')) {
        CAPTURE(line);
        CHECK(line.size() <= 80);
        CHECK_FALSE(line.ends_with(' '));
    }
}

} // namespace

TEST_CASE("--help is pinned") {
    check_golden("help.txt", help_overview());
    check_golden("help_exit.txt", *help_topic("exit"));
    check_golden("help_map_by.txt", *help_topic("--map-by"));
}

TEST_CASE("every option is in --help once, every topic fits 80 columns") {
    const std::string overview = help_overview();
    check_width(overview);
    for (const auto &title : group_titles()) check_width(*help_topic(title.word));
    for (const auto &option : option_table()) {
        CAPTURE(option.name);
        const std::string name = "--" + std::string(option.name);
        bool found = false;
        for (const auto &line : split(overview, '\n')) {
            if (line.size() > 6 && line.substr(6).starts_with(name)) {
                const char after =
                    line.size() == 6 + name.size() ? ' ' : line[6 + name.size()];
                found |= after == ' ' || after == '[';
            }
        }
        CHECK(found);
        check_width(*help_topic(name));
        CHECK_FALSE(option.help.empty());
        CHECK(option.more.ends_with('.'));
    }
}

TEST_CASE("help is text on standard output, whatever else is wrong") {
    CHECK(parse({"-h"})->text == help_overview());
    CHECK(parse({"--help", "--tag", "prog"})->text == help_overview());
    CHECK(parse({"--help=io"})->text == *help_topic("io"));
    CHECK(parse({"-h=io"})->text == *help_topic("io"));
    CHECK(parse({"--help=--map-by"})->text == *help_topic("map-by"));
    CHECK(parse({"-V"})->text == "pxlaunch " PX_VERSION "\n");
    CHECK(parse({"--tiemout", "--help"}).errors.empty());
    CHECK(parse({"prog", "--help"})->text.empty());
}

TEST_CASE("every closed vocabulary lists its words") {
    for (const auto &option : option_table()) {
        if (option.words == nullptr) continue;
        CAPTURE(option.name);
        const auto parsed = parse({"--" + std::string(option.name) + "=help"});
        CHECK(errors_text(parsed.errors).empty());
        for (const auto &word : option.words()) {
            CHECK(parsed->text.find("  " + word.word + " ") != std::string::npos);
        }
    }
    for (const std::string name : {"map-by", "rank-by", "bind-to", "stdin", "on-failure",
                                   "rec", "display", "forward-signals", "on-timeout"}) {
        CHECK_FALSE(parse({"--" + name + "=help"})->text.empty());
    }
}

TEST_CASE("a wrong topic gets the nearest one") {
    CHECK(errors_of({"--help=tiemout"}) ==
          "no help on 'tiemout' | did you mean --help=timeout?\n");
    CHECK(errors_of({"--help=flibbertigibbet"}) ==
          "no help on 'flibbertigibbet' | topics are exit, where, environment, io, "
          "runtime, "
          "containers, many, inspect, scripts, and every option\n");
}

TEST_CASE("the table of exit statuses has every status of the enum") {
    std::string all;
    for (const auto &row : exit_statuses()) all += row.status + " ";
    CHECK(all == "0 N 2 124 125 126 127 128+N ");
}
