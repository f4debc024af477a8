// long_value.cpp - cutting and joining.
#include "pxlaunch/channel/long_value.h"

#include "pxlaunch/job/environment.h"

#include <fmt/format.h>

namespace px::channel {

namespace {
constexpr std::size_t most_of_one = 100'000;
}

void add_long_value(std::string_view name, std::string_view text,
                    std::vector<std::string> &environment) {
    for (std::size_t part = 0; part * most_of_one < text.size(); ++part) {
        environment.push_back(fmt::format("{}_{}={}", name, part,
                                          text.substr(part * most_of_one, most_of_one)));
    }
}

std::string find_long_value(std::string_view name,
                            const std::vector<std::string> &environment) {
    std::string text;
    for (std::size_t number = 0;; ++number) {
        const auto part =
            job::find_variable(environment, fmt::format("{}_{}", name, number));
        if (!part) return text;
        text += *part;
    }
}

} // namespace px::channel
