#pragma once
// argv cut into applications: which words are options, where each command begins, and
// where
// ':' ends it. Parsing stops at the first word that is no option, so that the user's
// command keeps its own.

#include "pxlaunch/cli/config.h"

#include <string>
#include <vector>

namespace px::cli {

struct Segment {
    std::vector<std::string> words; // the options, one-dash names made two-dash
    std::vector<std::string> argv;  // the command; empty: there is none
};

struct Scan {
    std::vector<Segment> segments;
    std::vector<Error> errors; // unknown and foreign options, missing arguments
};

// `words` are those after the program's name.
Scan scan_words(const std::vector<std::string> &words);

// The options of one segment in their order, with their arguments.
Checked<std::vector<Given>> parse_words(const std::vector<std::string> &words);

} // namespace px::cli
