#include "man_page.h"

#include "rec/cli/help.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace px;
using namespace px::rec;

namespace {

const std::string page_path = "docs/pxrec.1";

std::string item(const OptionRow &option) {
    std::string line = ".It";
    if (option.letter != 0) line += fmt::format(" Fl {} ,", option.letter);
    line += fmt::format(" Fl -{}", option.name);
    return option.argument.empty() ? line + '\n'
                                   : fmt::format("{} Ar {}\n", line, option.argument);
}

std::string commands_section() {
    std::string out;
    for (const auto &command : commands()) {
        out += fmt::format(".Ss {}\n", synopsis(command));
        for (const auto &paragraph : split(command.more, '\n')) {
            out += (paragraph == split(command.more, '\n').front() ? "" : ".Pp\n") +
                   mdoc(paragraph);
        }
        if (command.options.empty()) continue;
        out += ".Bl -tag -width 8n\n";
        for (const auto &option : command.options)
            out += item(option) + mdoc(option.help);
        out += ".El\n";
    }
    return out;
}

std::string exit_section() {
    std::string out = ".Bl -tag -width 8n\n";
    for (const auto &[status, meaning] : exit_statuses()) {
        out += ".It " + status + '\n' + meaning + '\n';
    }
    return out + ".El\n";
}

} // namespace

TEST_CASE("the man page of pxrec has the commands of the table and its exit statuses") {
    check_part(page_path, "commands", commands_section());
    check_part(page_path, "exit statuses", exit_section());
}

TEST_CASE("the examples of pxrec's man page are right command lines") {
    int examples = 0;
    for (const auto &line : split(source_file(page_path), '\n')) {
        if (!line.starts_with(".Dl pxrec ")) continue;
        ++examples;
        CAPTURE(line);
        auto words = split(line.substr(10), ' ');
        const auto command = find_command(words[0]);
        REQUIRE(command);
        CHECK(parse_arguments(**command, {words.begin() + 1, words.end()}));
    }
    CHECK(examples >= 7);
}
