// command_env.cpp - pxrec env: variables for a shell's eval.
#include "pxlaunch/base/fd.h"
#include "rec/cli/commands.h"
#include "rec/cli/script_environment.h"
#include "rec/cli/server_here.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <unistd.h>

namespace px::rec {

namespace {

// Exactly the same bytes, for any shell.
std::string shell_word(const std::string &text) {
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

} // namespace

Result<int> command_env(const Arguments &) {
    const auto here = look_around().here;
    const auto server = PX_TRY(find_server(here));
    const auto document = discover::rendezvous_path(server.directory);
    std::string text;
    for (const auto &[name, value] :
         script_variables(here, server.server, document, count_gpus())) {
        text += fmt::format("export {}={}\n", name, shell_word(value));
    }
    PX_TRY(write_all(STDOUT_FILENO, text));
    return 0;
}

} // namespace px::rec
