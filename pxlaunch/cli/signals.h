#pragma once
// The signals that pxlaunch forwards to ranks, by the names that people type.

#include "pxlaunch/cli/option_table.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::cli {

std::vector<int> default_signals(); // USR1 USR2 TSTP CONT
std::vector<Word> signal_words();

// The default signals and those of LIST; "none" is no signal at all.
Result<std::vector<int>> parse_forward_signals(std::string_view list);
std::string signal_name(int number); // "USR1"

} // namespace px::cli
