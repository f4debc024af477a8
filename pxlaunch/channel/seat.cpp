// seat.cpp - "APP:CPUS:THREADS" for each rank, or "APP:CPUS:THREADS?", between blanks.
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
        text += fmt::format("{}:{}:{}{} ", seat.app, range_text(seat.cpus), seat.threads,
                            seat.if_so ? "?" : "");
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
    auto fields = split(word, ':');
    fields.resize(3);
    Seat seat;
    seat.if_so = fields[2].ends_with('?');
    if (seat.if_so) fields[2].pop_back();
    const auto app = parse_number(fields[0]), threads = parse_number(fields[2]);
    if (!app || !threads) {
        return cannot_run(
            fmt::format("rank {} is none of this job's, by {}", rank, variable),
            "is pxwrap of the same release as pxrec?");
    }
    seat.app = static_cast<int>(*app);
    seat.threads = static_cast<int>(*threads);
    if (!fields[1].empty()) seat.cpus = PX_TRY(parse_ranges(fields[1]));
    return std::optional(std::move(seat));
}

} // namespace px::channel
