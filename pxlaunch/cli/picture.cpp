// picture.cpp - draws a layout document, as a table of ranks and as boxes of cores.
#include "pxlaunch/cli/picture.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/picture_parts.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace px::cli {

// "0-3,8"; what cannot be read throws, like every other wrong thing in the document.
std::vector<int> numbers_in(const std::string &text) {
    std::vector<int> numbers;
    if (text.empty()) return numbers;
    for (const auto &range : split(text, ',')) {
        const auto dash = range.find('-');
        const auto first = parse_number(range.substr(0, dash), 65535);
        const auto last =
            dash == range.npos ? first : parse_number(range.substr(dash + 1), 65535);
        if (!first || !last) throw std::invalid_argument(fmt::format("'{}'", text));
        for (long n = *first; n <= *last; ++n) numbers.push_back(static_cast<int>(n));
    }
    return numbers;
}

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string ranges_text(const std::vector<int> &sorted) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t last = i;
        while (last + 1 < sorted.size() && sorted[last + 1] == sorted[last] + 1) ++last;
        words.push_back(last == i ? std::to_string(sorted[i])
                                  : fmt::format("{}-{}", sorted[i], sorted[last]));
        i = last + 1;
    }
    return join(words, ",");
}

void add_wrapped(Block &lines, const std::string &start, const std::string &list,
                 int columns) {
    const int indent = static_cast<int>(start.size());
    std::string line = start;
    for (const auto &word : split(list, ',')) {
        const bool first = static_cast<int>(line.size()) == indent;
        if (!first && static_cast<int>(line.size() + word.size()) + 2 > columns) {
            lines.push_back(line + ',');
            line.assign(indent, ' ');
        } else if (!first) {
            line += ',';
        }
        line += word;
    }
    lines.push_back(line);
}

namespace {

// Explains the signs that the drawing uses, and only those.
void add_legend(Block &lines, const std::string &drawn) {
    std::vector<std::string> signs;
    const auto uses = [&](char c) { return drawn.find(c) != drawn.npos; };
    if (uses(mark::free)) signs.push_back(std::string{mark::free} + " no rank");
    if (uses(mark::closed))
        signs.push_back(std::string{mark::closed} + " not for this job");
    if (uses('+')) signs.push_back("N+ rank N and others");
    if (uses('/')) signs.push_back("/ between hardware threads");
    if (!signs.empty()) lines.push_back(join(signs, "   "));
}

std::string headline(const Json &layout) {
    std::set<int> apps, nodes;
    for (const auto &rank : layout.at("ranks")) {
        apps.insert(rank.at("app").get<int>());
        nodes.insert(rank.at("node").get<int>());
    }
    auto text = counted(layout.at("ranks").size(), "rank");
    if (apps.size() > 1) text += " of " + counted(apps.size(), "application");
    text += " on " + counted(nodes.size(), "node");
    return layout.at("oversubscribed").get<bool>() ? text + ", oversubscribed" : text;
}

Block draw(const Json &layout, bool show_map, bool show_bind, int columns) {
    Block page{headline(layout)};
    if (show_map) {
        for (auto &line : rank_table(layout, columns)) page.push_back(std::move(line));
    }
    if (!show_bind) return page;
    std::string drawn;
    for (std::size_t node = 0; node < layout.at("nodes").size(); ++node) {
        page.emplace_back();
        const auto block = node_boxes(layout, node, columns);
        for (std::size_t i = 1; i < block.size(); ++i) drawn += block[i];
        page.insert(page.end(), block.begin(), block.end());
    }
    add_legend(page, drawn);
    return page;
}

} // namespace

Result<std::string> picture(const std::string &layout_json, bool show_map, bool show_bind,
                            bool utf8, int columns) {
    try {
        const auto layout = Json::parse(layout_json);
        return finish(draw(layout, show_map, show_bind, std::max(columns, 40)), utf8);
    } catch (const std::exception &error) {
        return cannot_run(
            fmt::format("cannot read the layout of the job: {}", error.what()),
            "pxlaunch and pxrec may be of different versions: compare pxlaunch "
            "-V and pxrec -V");
    }
}

} // namespace px::cli
