#pragma once
// Options of other launchers that people bring along: refused, each with what to write
// here.

#include "pxlaunch/base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace px::cli {

struct Foreign {
    Error error;
    std::size_t arguments; // words after it that belong to it
};

// `next` are the `count` words after it, which a hint may quote.
std::optional<Foreign> foreign_option(std::string_view word, const std::string *next,
                                      std::size_t count);

} // namespace px::cli
