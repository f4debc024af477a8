// slurm_lists.cpp - brackets, ranges and repetitions.
#include "pxlaunch/discover/slurm_lists.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::discover {

namespace {

constexpr std::size_t most_names = 1'000'000;
constexpr long most_number = 999'999'999;
using Names = std::vector<std::string>;

// At the commas that are not inside of brackets.
Names items_of(std::string_view list) {
    Names items(1);
    bool inside = false;
    for (const char c : list) {
        if (c == '[' || c == ']') inside = c == '[';
        if (c == ',' && !inside)
            items.emplace_back();
        else
            items.back() += c;
    }
    return items;
}

// "08-11": as many digits as the first one has.
std::optional<Names> numbers(const std::string &from, const std::string &to) {
    const auto first = parse_number(from, most_number),
               last = parse_number(to, most_number);
    if (!first || !last || *last < *first) return {};
    if (static_cast<std::size_t>(*last - *first) >= most_names) return {};
    Names all;
    for (long each = *first; each <= *last; ++each)
        all.push_back(fmt::format("{:0{}}", each, from.size()));
    return all;
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return -1;
}

// "000x133": a digit for each dimension, from one corner to the other.
std::optional<Names> box(const std::string &from, const std::string &to) {
    constexpr const char *digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    Names all{""};
    for (std::size_t i = 0; i < from.size(); ++i) {
        const int first = digit_of(from[i]), last = digit_of(to[i]);
        if (first < 0 || last < first) return {};
        if (all.size() * static_cast<std::size_t>(last - first + 1) > most_names)
            return {};
        Names longer;
        for (const auto &start : all) {
            for (int each = first; each <= last; ++each)
                longer.push_back(start + digits[each]);
        }
        all = std::move(longer);
    }
    return all;
}

// What stands between the brackets.
std::optional<Names> ranges(const std::string &text) {
    Names all;
    for (const auto &part : split(text, ',')) {
        const auto dash = part.find('-'), cross = part.find('x');
        std::optional<Names> some;
        if (dash != part.npos)
            some = numbers(part.substr(0, dash), part.substr(dash + 1));
        else if (cross != part.npos && part.size() == 2 * cross + 1)
            some = box(part.substr(0, cross), part.substr(cross + 1));
        else
            some = numbers(part, part);
        if (!some || all.size() + some->size() > most_names) return {};
        all.insert(all.end(), some->begin(), some->end());
    }
    return all;
}

// "r[1-2]n[1-2]": the last bracket changes first.
std::optional<Names> names_of(const std::string &item) {
    Names all{""};
    for (std::size_t at = 0; at < item.size();) {
        const auto open = item.find('[', at);
        for (auto &each : all) each += item.substr(at, open - at);
        if (open == item.npos) break;
        const auto close = item.find(']', open);
        if (close == item.npos) return {};
        const auto some = ranges(item.substr(open + 1, close - open - 1));
        if (!some || all.size() * some->size() > most_names) return {};
        Names longer;
        for (const auto &start : all) {
            for (const auto &each : *some) longer.push_back(start + each);
        }
        all = std::move(longer);
        at = close + 1;
    }
    return all;
}

} // namespace

std::optional<Names> expand_nodes(std::string_view list) {
    Names all;
    for (const auto &item : items_of(list)) {
        if (item.empty() || item.starts_with('[')) return {};
        const auto names = names_of(item);
        if (!names || all.size() + names->size() > most_names) return {};
        all.insert(all.end(), names->begin(), names->end());
    }
    return all;
}

std::optional<std::vector<int>> expand_counts(std::string_view list) {
    std::vector<int> all;
    for (const auto &item : split(list, ',')) {
        const auto open = item.find("(x");
        const bool repeats = open != item.npos && item.ends_with(')');
        const auto count = parse_number(item.substr(0, open), most_number);
        const auto times =
            parse_number(repeats ? item.substr(open + 2, item.size() - open - 3) : "1",
                         static_cast<long>(most_names));
        if (!count || !times || (open != item.npos && !repeats)) return {};
        if (all.size() + static_cast<std::size_t>(*times) > most_names) return {};
        all.insert(all.end(), static_cast<std::size_t>(*times), static_cast<int>(*count));
    }
    return all;
}

} // namespace px::discover
