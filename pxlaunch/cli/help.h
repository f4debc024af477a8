#pragma once
// What --help, --version and --WORD=help print, all of it made from the option table.

#include "pxlaunch/cli/option_table.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::cli {

std::string help_overview();                            // at most 80 columns
Result<std::string> help_topic(std::string_view topic); // "": the overview
std::string version_text();

// The text that this option asks for, if it asks for one: nullopt for most options.
std::optional<Result<std::string>> help_for(const Option &option,
                                            const std::string &value);

struct StatusRow {
    std::string status, meaning;
};
std::vector<StatusRow> exit_statuses(); // the one table, which the man page repeats

} // namespace px::cli
