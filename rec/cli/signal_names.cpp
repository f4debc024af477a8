// signal_names.cpp - the C library's own list of signals.
#include "rec/cli/signal_names.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cctype>
#include <csignal>
#include <cstring>

namespace px::rec {

Result<int> parse_signal(const std::string &text) {
    std::string upper = text;
    for (char &letter : upper) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    if (upper.starts_with("SIG")) upper = upper.substr(3);
    std::vector<std::string> known;
    const auto value = parse_number(text, NSIG - 1);
    for (int number = 1; number < NSIG; ++number) {
        const char *name = ::sigabbrev_np(number);
        if (value && *value == number) return number; // real-time signals have no name
        if (name == nullptr) continue;
        if (upper == name) return number;
        known.emplace_back(name);
    }
    const std::string near = nearest(upper, known);
    return usage_error(fmt::format("--signal: unknown signal '{}'", text),
                       near.empty() ? "'kill -l' lists them"
                                    : fmt::format("did you mean '{}'?", near));
}

} // namespace px::rec
