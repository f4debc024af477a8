// commands.cpp - from argv to a command, and where errors are printed.
#include "rec/cli/commands.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "rec/cli/help.h"
#include "rec/dvm/agent.h"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace px::rec {

Result<int> print(const std::string &text) {
    PX_TRY(write_all(STDOUT_FILENO, text));
    return 0;
}

namespace {

constexpr const char *see_help = "'pxrec --help' lists the commands";

Result<int> help(const std::vector<std::string> &words) {
    if (words.empty() || words[0].starts_with('-')) return print(help_overview());
    return print(help_of(*PX_TRY(find_command(words[0]))));
}

Result<int> run(const std::string &name, const std::vector<std::string> &words) {
    if (name == "serve") return command_serve(words);
    if (name == "agent") return dvm::run_agent(words);
    if (name == "-h" || name == "--help") return print(help_overview());
    if (name == "help") return help(words);
    if (name == "-V" || name == "--version") return print(version_text());
    const Command *command = PX_TRY(find_command(name));
    const auto arguments = PX_TRY(parse_arguments(*command, words));
    if (arguments.has("help")) return print(help_of(*command));
    return command->run(arguments);
}

} // namespace

Result<const Command *> find_command(std::string_view name) {
    std::vector<std::string> known{"help", "--help", "--version"};
    for (const auto &command : commands()) {
        if (command.name == name) return &command;
        known.emplace_back(command.name);
    }
    const std::string near = nearest(name, known);
    return usage_error(fmt::format("unknown {} '{}'",
                                   name.starts_with('-') ? "option" : "command", name),
                       near.empty() ? see_help : fmt::format("did you mean '{}'?", near));
}

int main(int argc, char **argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    auto status = words.empty() ? usage_error("no command was given", see_help)
                                : run(words[0], {words.begin() + 1, words.end()});
    if (!status) (void)write_all(STDERR_FILENO, error_lines(status.error(), "pxrec"));
    std::fflush(nullptr);
    // libpmix's thread may still run: nothing may be destroyed under it.
    ::_exit(status ? *status : static_cast<int>(status.error().exit));
}

} // namespace px::rec
