#include "golden.h"

#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "rec/cli/help.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::rec;

namespace {

void check_width(const std::string &text) {
    for (const auto &line : split(text, '\n')) {
        CAPTURE(line);
        CHECK(line.size() <= 80);
        CHECK_FALSE(line.ends_with(' '));
    }
}

} // namespace

TEST_CASE("pxrec --help is pinned") {
    check_golden("pxrec_help.txt", help_overview());
    check_golden("pxrec_help_run.txt", help_of(**find_command("run")));
}

TEST_CASE("pxrec's help fits 80 columns and has every command and option") {
    check_width(help_overview());
    for (const auto &command : commands()) {
        CHECK(help_overview().find(std::string("\n  ") + std::string(command.name) +
                                   " ") != std::string::npos);
        const std::string text = help_of(command);
        check_width(text);
        CHECK(text.starts_with("usage: " + synopsis(command) + "\n"));
        for (const auto &option : command.options) {
            CHECK(text.find("  " + heading(option)) != std::string::npos);
        }
    }
}

TEST_CASE("pxrec's version") { CHECK(version_text() == "pxrec " PX_VERSION "\n"); }

TEST_CASE("errors and notes carry the program's name on every line") {
    CHECK(error_lines({Exit::usage, "a\nb", ""}, "pxrec") ==
          "pxrec: error: a\npxrec: b\n");
    CHECK(error_lines(usage_error("a", "do\nthis"), "pxrec") ==
          "pxrec: error: a\npxrec: hint: do\npxrec:       this\n");
    CHECK(message_lines("a\nb", "pxrec") == "pxrec: a\npxrec: b\n");
    const std::string words = "one two three four five six seven eight nine ten eleven";
    for (const auto &line : split(hint_lines(words, "pxrec", 40), '\n'))
        CHECK(line.size() <= 40);
}
