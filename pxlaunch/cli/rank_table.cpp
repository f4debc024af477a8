// rank_table.cpp - the table of --display map.
#include "pxlaunch/cli/picture_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace px::cli {

namespace {

using Cells = std::vector<std::string>;

// Neighbours that differ only in their rank are one row.
std::vector<Cells> table_rows(const Drawing &drawing) {
    std::vector<Cells> rows;
    int first = 0;
    for (const auto &rank : drawing.ranks) {
        Cells row{"", std::to_string(rank.app), drawing.nodes[rank.node].name, rank.gpus,
                  rank.cpus.empty() ? "not bound" : rank.cpus};
        if (rows.empty() ||
            !std::equal(row.begin() + 1, row.end(), rows.back().begin() + 1)) {
            first = rank.rank;
            rows.push_back(std::move(row));
        }
        rows.back()[0] = first == rank.rank ? std::to_string(first)
                                            : fmt::format("{}-{}", first, rank.rank);
    }
    return rows;
}

bool column_says_something(const std::vector<Cells> &rows, std::size_t column) {
    if (column == 1) {
        return std::any_of(rows.begin(), rows.end(),
                           [](const Cells &row) { return row[1] != "0"; });
    }
    return column != 3 || std::any_of(rows.begin(), rows.end(),
                                      [](const Cells &row) { return !row[3].empty(); });
}

bool has_hwthreads(const Drawing &drawing) {
    for (const auto &node : drawing.nodes) {
        for (const auto &package : node.packages) {
            for (const auto &numa : package.numas) {
                for (const auto &core : numa.cores) {
                    if (core.pus.size() > 1) return true;
                }
            }
        }
    }
    return false;
}

// The columns that are shown, and how wide each is.
class Columns {
  public:
    Columns(const std::vector<Cells> &rows, bool hwthreads)
        : titles_{"rank", "app", "node", "gpus", hwthreads ? "hwthreads" : "cpus"} {
        for (std::size_t column = 0; column + 1 < titles_.size(); ++column) {
            if (!column_says_something(rows, column)) continue;
            std::size_t width = titles_[column].size();
            for (const auto &row : rows) width = std::max(width, row[column].size());
            shown_.push_back({column, width});
        }
    }

    void add(Block &lines, const Cells &row, int columns) const {
        std::string start;
        for (const auto &[column, width] : shown_) {
            const bool number = column < 2;
            start += number ? fmt::format(" {:>{}} ", row[column], width)
                            : fmt::format(" {:<{}} ", row[column], width);
        }
        add_wrapped(lines, start + ' ', row.back(), columns);
    }

    [[nodiscard]] Block table(std::span<const Cells> rows, int columns) const {
        Block lines;
        add(lines, titles_, columns);
        for (const auto &row : rows) add(lines, row, columns);
        return lines;
    }

  private:
    Cells titles_;
    std::vector<std::pair<std::size_t, std::size_t>> shown_; // column, width
};

} // namespace

Block rank_table(const Drawing &drawing, int columns) {
    const auto rows = table_rows(drawing);
    const Columns shown(rows, has_hwthreads(drawing));
    const auto table = shown.table(rows, columns);
    constexpr std::size_t long_table = 16;
    const auto beside = static_cast<std::size_t>((columns + 2) / (width_of(table) + 2));
    if (rows.size() <= long_table || beside < 2) return table;
    const auto each = std::max(long_table / 2, (rows.size() + beside - 1) / beside);
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < rows.size(); i += each) {
        const auto count = std::min(each, rows.size() - i);
        blocks.push_back(shown.table({rows.data() + i, count}, columns));
    }
    return flowed(blocks, columns, 2);
}

} // namespace px::cli
