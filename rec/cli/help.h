#pragma once
// What --help and --version print, made from the table of commands.

#include "rec/cli/commands.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::rec {

std::string help_overview(); // at most 80 columns
std::string help_of(const Command &command);
std::string version_text();

// "pxrec run [OPTIONS] [--] COMMAND [ARG...]"
std::string synopsis(const Command &command);
// "-x, --env NAME[=VALUE]"
std::string heading(const OptionRow &option);

struct StatusRow {
    std::string status, meaning;
};
std::vector<StatusRow> exit_statuses(); // the one table, which the man page repeats

} // namespace px::rec
