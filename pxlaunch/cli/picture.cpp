// picture.cpp - draws a layout document, as a table of ranks and as boxes of cores.
#include "pxlaunch/cli/picture.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/picture_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace px::cli {

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

std::string headline(const Drawing &drawing) {
    std::set<int> apps;
    std::set<std::size_t> nodes;
    for (const auto &rank : drawing.ranks) {
        apps.insert(rank.app);
        nodes.insert(rank.node);
    }
    auto text = counted(drawing.ranks.size(), "rank");
    if (apps.size() > 1) text += " of " + counted(apps.size(), "application");
    text += " on " + counted(nodes.size(), "node");
    return drawing.oversubscribed ? text + ", oversubscribed" : text;
}

Block draw(const Drawing &drawing, bool show_map, bool show_bind, int columns) {
    Block page{headline(drawing)};
    if (show_map) {
        for (auto &line : rank_table(drawing, columns)) page.push_back(std::move(line));
    }
    if (!show_bind) return page;
    std::string boxes;
    for (std::size_t node = 0; node < drawing.nodes.size(); ++node) {
        page.emplace_back();
        const auto block = node_boxes(drawing, node, columns);
        for (std::size_t i = 1; i < block.size(); ++i) boxes += block[i];
        page.insert(page.end(), block.begin(), block.end());
    }
    add_legend(page, boxes);
    return page;
}

} // namespace

Result<std::string> picture(const std::string &layout_json, bool show_map, bool show_bind,
                            bool utf8, int columns) {
    const auto drawing = PX_TRY(read_layout(layout_json));
    return finish(draw(drawing, show_map, show_bind, std::max(columns, 40)), utf8);
}

} // namespace px::cli
