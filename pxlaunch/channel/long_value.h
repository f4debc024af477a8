#pragma once
// A text in the environment that may be longer than one variable can be (128 KiB: Linux,
// MAX_ARG_STRLEN): NAME_0, NAME_1, ...

#include <string>
#include <string_view>
#include <vector>

namespace px::channel {

void add_long_value(std::string_view name, std::string_view text,
                    std::vector<std::string> &environment);

// Empty if there is none.
std::string find_long_value(std::string_view name,
                            const std::vector<std::string> &environment);

} // namespace px::channel
