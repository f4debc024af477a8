#pragma once
// pxrec's commands and their options: the one table from which the command line is read,
// and --help, the man page and the tests are made.

#include "rec/cli/arguments.h"

#include <string_view>
#include <vector>

namespace px::rec {

struct Command {
    std::string_view name;
    std::string_view words; // of the synopsis: "JOB..."; empty: it takes none
    std::size_t least_words = 0, most_words = 0;
    bool runs_program = false; // the words are a program's, which keeps its own options
    std::vector<OptionRow> options;
    std::string_view help; // one line of --help
    std::string_view more; // the paragraphs of its own help and of the man page
    // An exit status, or the Error that main() prints.
    Result<int> (*run)(const Arguments &) = nullptr;
};

const std::vector<Command> &commands();
Result<const Command *> find_command(std::string_view name);

int main(int argc, char **argv);

Result<int> print(const std::string &text); // to standard output; the exit status is 0

Result<int> command_up(const Arguments &arguments);
Result<int> command_down(const Arguments &arguments);
Result<int> command_status(const Arguments &arguments);
Result<int> command_ps(const Arguments &arguments);
Result<int> command_kill(const Arguments &arguments);
Result<int> command_env(const Arguments &arguments);
Result<int> command_probe(const Arguments &arguments);
Result<int> command_run(const Arguments &arguments);

// Not for people: the server of one pxlaunch. Its words are descriptors that the caller
// made.
Result<int> command_serve(const std::vector<std::string> &words);

} // namespace px::rec
