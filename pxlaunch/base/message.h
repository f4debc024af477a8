#pragma once
// How an error or a note looks to the user of any of our programs: every line begins with
// the program's name, so that a log says whose it is. Text only; whoever calls writes it.

#include "pxlaunch/base/result.h"

#include <string>
#include <string_view>

namespace px {

// "pxrec: error: ...\npxrec: hint: ...\n". Hints are broken at blanks before `columns`
// (0: never); what follows "hint: " on lines of its own is aligned with it.
std::string error_lines(const Error &error, const std::string &program,
                        std::size_t columns = 0);
std::string message_lines(const std::string &text, const std::string &program);
std::string hint_lines(const std::string &hint, const std::string &program,
                       std::size_t columns = 0);

// `text` broken at spaces before column 80, from column `first` on; every line but the
// first begins with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t first, std::size_t indent);

} // namespace px
