#pragma once
// The text of --jobs: each line is the words of one job, quoted as for a shell, which
// never sees them: '...', "...", \\x, and # before a comment. No variable, pattern or
// redirection is anything but text.

#include "pxlaunch/cli/options.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::joblist {

struct Line {
    int number = 0; // the first of the text is 1
    std::vector<std::string> words;
};

Result<std::vector<std::string>> split_line(std::string_view line);

// Those with words in them; every line that cannot be read is an Error with its number.
cli::Checked<std::vector<Line>> read_list(std::string_view text);

} // namespace px::joblist
