// commands.cpp - the table of commands, and where errors are printed.
#include "rec/cli/commands.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cstdio>

namespace px::rec {

namespace {

struct Command {
    const char *name;
    Result<int> (*run)(const Arguments &);
    const char *help; // empty: not for people
};

const std::vector<Command> &commands() {
    static const std::vector<Command> table = {
        {"serve", command_serve, ""},
    };
    return table;
}

int print(const Error &error) {
    fmt::print(stderr, "pxrec: error: {}\n", error.what);
    if (!error.hint.empty()) fmt::print(stderr, "pxrec: hint: {}\n", error.hint);
    return static_cast<int>(error.exit);
}

} // namespace

int main(int argc, char **argv) {
    const Arguments arguments(argv + 1, argv + argc);
    if (arguments.empty()) return print(usage_error("no command", "try 'pxrec --help'"));
    for (const auto &command : commands()) {
        if (arguments[0] != command.name) continue;
        auto status = command.run({arguments.begin() + 1, arguments.end()});
        return status ? *status : print(status.error());
    }
    return print(usage_error(fmt::format("unknown command '{}'", arguments[0])));
}

} // namespace px::rec
