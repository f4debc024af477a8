#pragma once
// The two parts of the picture, and the words that they share. A document that is not as
// it should be throws; picture() turns that into an Error.

#include "pxlaunch/cli/boxes.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace px::cli {

using Json = nlohmann::json;

// One line for each rank, or run of ranks on the same cpus; long tables in several
// columns.
Block rank_table(const Json &layout, int columns);

// The boxes of one node, under a line with its name.
Block node_boxes(const Json &layout, std::size_t node, int columns);

std::vector<int> numbers_in(const std::string &text); // "0-3,8"
std::string ranges_text(const std::vector<int> &sorted);
std::string counted(std::size_t count, std::string_view noun);

// The line `start`, then the parts of a comma-separated list, over as many lines as it
// needs.
void add_wrapped(Block &lines, const std::string &start, const std::string &list,
                 int columns);

} // namespace px::cli
