#pragma once
// Words: splitting, quoting for display, durations, and the nearest right word.

#include "pxlaunch/base/result.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace px {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string> &words, std::string_view separator);

// A whole non-negative number in `text` and nothing else, at most `most`.
Result<long> parse_number(std::string_view text, long most = 2'000'000'000);

// "0-3,8", as the kernel and hwloc write lists of CPUs; each number at most 65535.
Result<std::vector<int>> parse_ranges(std::string_view text);
std::string range_text(const std::vector<int> &rising);

// Seconds, or 90s 10m 2h 1d 500ms H:MM:SS. The Error does not name the option.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string duration_text(std::chrono::milliseconds duration); // "1.5 s", "2 min"

// For display only: the word as a shell would take it; bytes that are no text as \xNN.
std::string displayed(std::string_view word);

// The same, but always in quotes: the user's own words in a message.
std::string named(std::string_view word);

// The word of `words` that `wrong` was probably meant to be; empty if none is near.
std::string nearest(std::string_view wrong, const std::vector<std::string> &words);

// Shell-style patterns with * and ? only, as in -x 'OMP_*'.
bool matches(std::string_view pattern, std::string_view text);

} // namespace px
