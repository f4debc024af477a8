#pragma once
// The words of the placement options themselves: their lists, and what to say of a wrong
// one.

#include "pxlaunch/job/placement.h"

namespace px::job {

std::string lower(std::string_view text);

// Also by the names that other launchers give it (socket, l3).
std::optional<Object> object_named(std::string_view word);

// `word` as typed; a qualifier with its ':'.
Error unknown_word(std::string_view option, const std::string &word,
                   const std::vector<WordHelp> &words);

} // namespace px::job
