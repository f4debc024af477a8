#pragma once
// The pieces that --report and --status-fd have in common.

#include "pxlaunch/job/result.h"

#include <nlohmann/json.hpp>

namespace px::drive {

using Json = nlohmann::ordered_json;

// A string, or {"hex": "66ff"} for bytes that are no UTF-8: argv is bytes, JSON is text.
Json json_word(const std::string &word);
Json json_words(const std::vector<std::string> &words);
Json json_rank(const job::RankEnd &end);

} // namespace px::drive
