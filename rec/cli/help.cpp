// help.cpp - --help of pxrec and of its commands.
#include "rec/cli/help.h"

#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::rec {

namespace {

// "  left        text", broken at column 80.
std::string row(std::string left, std::size_t column, std::string_view text) {
    left = "  " + left;
    if (left.size() + 2 > column)
        left += '\n' + std::string(column, ' ');
    else
        left.resize(column, ' ');
    return left + wrapped(text, column, column) + '\n';
}

} // namespace

std::string synopsis(const Command &command) {
    std::string line = fmt::format("pxrec {}", command.name);
    if (!command.options.empty()) line += " [OPTIONS]";
    if (!command.words.empty()) line += fmt::format(" {}", command.words);
    return line;
}

std::string heading(const OptionRow &option) {
    std::string text = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
    text += fmt::format("--{}", option.name);
    if (!option.argument.empty()) text += fmt::format(" {}", option.argument);
    return text;
}

std::vector<StatusRow> exit_statuses() {
    const auto number = [](Exit status) {
        return std::to_string(static_cast<int>(status));
    };
    return {
        {number(Exit::ok), "the command did what it says"},
        {"N", "of run: the status of its command"},
        {number(Exit::usage), "the command line or a configuration file is wrong"},
        {number(Exit::cannot_run), "it could not be done, as the message says"},
        {number(Exit::not_executable), "of run: its command cannot be executed"},
        {number(Exit::not_found), "of run: its command was not found"},
        {"128+N", "of run: its command was killed by signal N"},
    };
}

std::string help_overview() {
    std::string out = "usage: pxrec COMMAND [OPTIONS] [ARG...]\n"
                      "Keep, use and look after the PMIx server that pxlaunch needs.\n\n";
    for (const auto &command : commands()) {
        out += row(std::string(command.name), 12, command.help);
    }
    out += row("help", 12, "show the help of a command: pxrec help run");
    out += "\nExit status\n";
    for (const auto &[status, meaning] : exit_statuses()) out += row(status, 12, meaning);
    return out + "\nMore: pxrec COMMAND --help, pxrec --version, man pxrec\n";
}

std::string help_of(const Command &command) {
    std::string out = fmt::format("usage: {}\n", synopsis(command));
    for (const auto &paragraph : split(command.more, '\n')) {
        out += fmt::format("\n{}\n", wrapped(paragraph, 0, 0));
    }
    if (!command.options.empty()) out += '\n';
    for (const auto &option : command.options)
        out += row(heading(option), 28, option.help);
    return out;
}

std::string version_text() { return "pxrec " PX_VERSION "\n"; }

} // namespace px::rec
