// hostfile.cpp - reads --hostfile.
#include "pxlaunch/job/hostfile.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <sstream>

namespace px::job {

namespace {

struct Line {
    std::string name;
    long slots = 0; // 0: not said
};

Result<Line> parse_line(std::string_view text) {
    std::istringstream words{std::string(text)};
    Line line;
    words >> line.name;
    const auto colon = line.name.find(':'); // as MPICH writes it
    if (colon != std::string::npos) {
        line.slots = PX_TRY(parse_number(std::string_view(line.name).substr(colon + 1)));
        line.name.resize(colon);
    }
    for (std::string word; words >> word;) {
        if (word.starts_with("max_slots=") || word.starts_with("max-slots=")) continue;
        if (!word.starts_with("slots=")) {
            return usage_error(fmt::format("'{}' means nothing here", word),
                               "write NAME, or NAME slots=N");
        }
        line.slots = PX_TRY(parse_number(std::string_view(word).substr(6)));
    }
    if (line.name.empty())
        return usage_error("a line without the name of a node", "write NAME slots=N");
    return line;
}

} // namespace

Result<std::vector<std::string>> parse_hostfile(std::string_view text) {
    std::vector<std::string> hosts;
    int number = 0;
    for (const auto &raw : split(text, '\n')) {
        ++number;
        const std::string_view line = std::string_view(raw).substr(0, raw.find('#'));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const auto parsed = parse_line(line);
        if (!parsed) {
            return usage_error(fmt::format("line {}: {}", number, parsed.error().what),
                               parsed.error().hint);
        }
        hosts.push_back(parsed->slots > 0
                            ? fmt::format("{}:{}", parsed->name, parsed->slots)
                            : parsed->name);
    }
    if (hosts.empty()) return usage_error("it names no node", "write one node a line");
    return hosts;
}

Result<std::vector<std::string>> read_hostfile(const std::string &path) {
    const auto text = read_file(path);
    if (!text)
        return usage_error(fmt::format("--hostfile: {}", text.error().what),
                           text.error().hint);
    auto hosts = parse_hostfile(*text);
    if (!hosts) {
        return usage_error(
            fmt::format("--hostfile {}: {}", displayed(path), hosts.error().what),
            hosts.error().hint);
    }
    return hosts;
}

} // namespace px::job
