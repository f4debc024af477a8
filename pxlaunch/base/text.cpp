// text.cpp - small pieces of text handling that every layer shares.
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

namespace px {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(const std::vector<std::string> &words, std::string_view separator) {
    std::string text;
    for (const auto &word : words) {
        if (!text.empty() || &word != words.data()) text += separator;
        text += word;
    }
    return text;
}

Result<long> parse_number(std::string_view text, long most) {
    long value = 0;
    const auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = end == text.data() + text.size() && !text.empty();
    if (problem == std::errc::result_out_of_range || (whole && value > most)) {
        return usage_error(
            fmt::format("expected a number up to {}, got '{}'", most, text));
    }
    if (problem != std::errc() || !whole || value < 0) {
        return usage_error(fmt::format("expected a number, got '{}'", text));
    }
    return value;
}

Result<std::vector<int>> parse_ranges(std::string_view text) {
    constexpr long most = 65535;
    std::vector<int> numbers;
    if (text.empty()) return numbers;
    for (const std::string_view range : split(text, ',')) {
        const auto dash = range.find('-');
        const long first = PX_TRY(parse_number(range.substr(0, dash), most));
        const long last = dash == range.npos
                              ? first
                              : PX_TRY(parse_number(range.substr(dash + 1), most));
        for (long n = first; n <= last; ++n) numbers.push_back(static_cast<int>(n));
    }
    return numbers;
}

std::string range_text(const std::vector<int> &rising) {
    std::string text;
    for (std::size_t i = 0; i < rising.size();) {
        std::size_t last = i;
        while (last + 1 < rising.size() && rising[last + 1] == rising[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(rising[i]);
        if (last > i) text += '-' + std::to_string(rising[last]);
        i = last + 1;
    }
    return text;
}

namespace {

Error not_a_duration(std::string_view text) {
    return usage_error(fmt::format("expected a duration, got '{}'", text),
                       "write seconds, or 90s, 10m, 2h, 1d, or H:MM:SS");
}

Result<std::chrono::milliseconds> parse_clock(std::string_view text) {
    const auto parts = split(text, ':');
    long seconds = 0;
    if (parts.size() > 3) return not_a_duration(text);
    for (const auto &part : parts) {
        const auto number = parse_number(part, 1'000'000);
        if (!number) return not_a_duration(text);
        if (&part != parts.data() && *number > 59) return not_a_duration(text);
        seconds = seconds * 60 + *number;
    }
    return std::chrono::milliseconds(seconds * 1000);
}

} // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return parse_clock(text);
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(),
                                                value, std::chars_format::fixed);
    if (problem != std::errc() || !(value >= 0)) return not_a_duration(text);
    const std::string_view unit(
        end, static_cast<std::size_t>(text.data() + text.size() - end));
    double factor = 0;
    if (unit.empty() || unit == "s") factor = 1000;
    if (unit == "ms") factor = 1;
    if (unit == "m" || unit == "min") factor = 60'000;
    if (unit == "h") factor = 3'600'000;
    if (unit == "d") factor = 86'400'000;
    if (factor == 0 || value * factor > 1e13) return not_a_duration(text);
    return std::chrono::milliseconds(static_cast<long long>(value * factor + 0.5));
}

std::string duration_text(std::chrono::milliseconds duration) {
    const auto ms = duration.count();
    if (ms < 1000) return fmt::format("{} ms", ms);
    if (ms < 120'000) return fmt::format("{:.3g} s", static_cast<double>(ms) / 1000);
    if (ms < 7'200'000)
        return fmt::format("{:.3g} min", static_cast<double>(ms) / 60'000);
    return fmt::format("{:.3g} h", static_cast<double>(ms) / 3'600'000);
}

std::string displayed(std::string_view word) {
    constexpr std::string_view plain = "%+,-./:=@_";
    std::string escaped;
    bool bare = !word.empty();
    bool raw = false;
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) == 0 && plain.find(c) == std::string_view::npos)
            bare = false;
        if (byte < 0x20 || byte == 0x7f) {
            escaped += fmt::format("\\x{:02x}", byte);
            raw = true;
        } else if (c == '\'') {
            escaped += "\\'";
            raw = true;
        } else {
            escaped += c;
        }
    }
    if (bare) return std::string(word);
    if (raw) return fmt::format("$'{}'", escaped);
    return fmt::format("'{}'", word);
}

std::string named(std::string_view word) {
    const std::string text = displayed(word);
    return text == word ? fmt::format("'{}'", word) : text;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
            corner = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string nearest(std::string_view wrong, const std::vector<std::string> &words) {
    std::string best;
    std::size_t least = std::max<std::size_t>(2, wrong.size() / 3) + 1;
    for (const auto &word : words) {
        const std::size_t distance = edit_distance(wrong, word);
        if (distance < least) {
            least = distance;
            best = word;
        }
    }
    return best;
}

bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) &&
            pattern[p] != '*') {
            ++p;
            ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

} // namespace px
