// core_boxes.cpp - the boxes of --display bind: packages, NUMA domains, cores and ranks.
#include "pxlaunch/cli/picture_parts.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace px::cli {

namespace {

// Which ranks run on each PU of one node.
using Ranks = std::map<int, std::set<int>>;

std::string label_of(const std::set<int> &ranks) {
    if (ranks.empty()) return std::string(1, mark::free);
    return fmt::format("{}{}", *ranks.begin(), ranks.size() > 1 ? "+" : "");
}

// "3", or "3/4" where the threads of a core have different ranks.
std::string core_label(const Drawing::Core &core, const Ranks &ranks) {
    if (!core.usable) return std::string(1, mark::closed);
    std::vector<std::string> labels;
    for (const int pu : core.pus) {
        const auto found = ranks.find(pu);
        labels.push_back(
            label_of(found == ranks.end() ? std::set<int>() : found->second));
    }
    const bool one = std::set<std::string>(labels.begin(), labels.end()).size() <= 1;
    return one && !labels.empty() ? labels[0] : join(labels, "/");
}

struct Cell {
    std::string core, label;
};

std::vector<Cell> cells_of(const std::vector<Drawing::Core> &cores, const Ranks &ranks) {
    std::vector<Cell> cells;
    for (const auto &core : cores) {
        cells.push_back({std::to_string(core.os), core_label(core, ranks)});
    }
    return cells;
}

// As many cells as fit, in rows of 8 or 4 if there are several rows.
std::size_t cells_in_row(std::size_t cells, std::size_t width, int columns) {
    const auto fit =
        static_cast<std::size_t>(std::max(1, (columns - 4) / static_cast<int>(width)));
    if (fit >= cells && cells <= 16) return cells;
    for (const std::size_t step : {16, 8, 4}) {
        if (fit >= step) return step;
    }
    return fit;
}

Block cores_block(const std::vector<Drawing::Core> &cores, const Ranks &ranks,
                  std::size_t cell, int columns) {
    const auto cells = cells_of(cores, ranks);
    const auto row = cells_in_row(cells.size(), cell + 1, columns);
    Block block;
    for (std::size_t i = 0; i < cells.size(); i += row) {
        std::string numbers = "core", labels = "rank";
        for (std::size_t k = i; k < std::min(i + row, cells.size()); ++k) {
            numbers += fmt::format(" {:>{}}", cells[k].core, cell);
            labels += fmt::format(" {:>{}}", cells[k].label, cell);
        }
        block.push_back(std::move(numbers));
        block.push_back(std::move(labels));
    }
    return block;
}

// The same for the whole node, so that its boxes look alike.
std::size_t cell_width(const Drawing::Node &node, const Ranks &ranks) {
    std::size_t width = 1;
    for (const auto &package : node.packages) {
        for (const auto &numa : package.numas) {
            for (const auto &cell : cells_of(numa.cores, ranks)) {
                width = std::max({width, cell.core.size(), cell.label.size()});
            }
        }
    }
    return width;
}

std::string title_of(const char *name, int os) {
    return os < 0 ? std::string(name) : fmt::format("{} {}", name, os);
}

Block package_block(const Drawing::Package &package, const Ranks &ranks, std::size_t cell,
                    int columns) {
    const auto &numas = package.numas;
    const int inside = columns - 4; // less the package's frame
    if (numas.size() == 1) {
        return boxed(title_of("package", package.os) + ", " +
                         title_of("numa", numas[0].os),
                     cores_block(numas[0].cores, ranks, cell, inside));
    }
    std::vector<Block> blocks;
    for (const auto &numa : numas) {
        blocks.push_back(boxed(title_of("numa", numa.os),
                               cores_block(numa.cores, ranks, cell, inside - 4)));
    }
    return boxed(title_of("package", package.os), flowed(blocks, inside));
}

struct NodeRanks {
    Ranks by_pu;
    std::vector<int> unbound;
    std::size_t count = 0;
};

NodeRanks ranks_on(const Drawing &drawing, std::size_t node) {
    NodeRanks here;
    for (const auto &rank : drawing.ranks) {
        if (rank.node != node) continue;
        const auto cpus = numbers_in(rank.cpus);
        ++here.count;
        if (cpus.empty()) here.unbound.push_back(rank.rank);
        for (const int pu : cpus) here.by_pu[pu].insert(rank.rank);
    }
    return here;
}

} // namespace

Block node_boxes(const Drawing &drawing, std::size_t index, int columns) {
    const auto &node = drawing.nodes[index];
    const auto ranks = ranks_on(drawing, index);
    const auto cell = cell_width(node, ranks.by_pu);
    std::vector<Block> packages;
    for (const auto &package : node.packages) {
        packages.push_back(package_block(package, ranks.by_pu, cell, columns));
    }
    Block block{fmt::format("node {}: {}", node.name, counted(ranks.count, "rank"))};
    if (ranks.count == 0) return block;
    for (auto &line : flowed(packages, columns)) block.push_back(std::move(line));
    if (!ranks.unbound.empty()) {
        add_wrapped(block, "not bound: ", ranges_text(ranks.unbound), columns);
    }
    return block;
}

} // namespace px::cli
