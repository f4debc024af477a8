// seat.cpp - "APP:CPUS" for each rank, between blanks.
#include "pxlaunch/channel/seat.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/long_value.h"

#include <fmt/format.h>

namespace px::channel {

namespace {
constexpr const char *variable = "PXWRAP_SEATS";
}

std::vector<std::string> to_environment(const std::vector<Seat> &seats) {
    std::string text;
    for (const auto &seat : seats)
        text += fmt::format("{}:{} ", seat.app, range_text(seat.cpus));
    std::vector<std::string> entries;
    add_long_value(variable, text, entries);
    return entries;
}

Result<std::optional<Seat>> find_seat(const std::vector<std::string> &environment,
                                      int rank) {
    const std::string text = find_long_value(variable, environment);
    if (text.empty()) return std::optional<Seat>();
    const auto words = split(text, ' ');
    const auto index = static_cast<std::size_t>(rank);
    const std::string word = rank >= 0 && index < words.size() ? words[index] : "";
    const auto colon = word.find(':');
    const auto app = parse_number(word.substr(0, colon));
    if (colon == std::string::npos || !app) {
        return cannot_run(
            fmt::format("rank {} is none of this job's, by {}", rank, variable),
            "is pxwrap of the same release as pxrec?");
    }
    Seat seat;
    seat.app = static_cast<int>(*app);
    if (colon + 1 < word.size()) seat.cpus = PX_TRY(parse_ranges(word.substr(colon + 1)));
    return std::optional(std::move(seat));
}

} // namespace px::channel
