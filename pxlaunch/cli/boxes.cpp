// boxes.cpp - puts blocks of text beside each other and into frames.
#include "pxlaunch/cli/boxes.h"

#include <algorithm>
#include <array>

namespace px::cli {

namespace {

std::string padded(std::string line, int width) {
    if (static_cast<int>(line.size()) < width) line.resize(width, ' ');
    return line;
}

// One row: blocks of different heights end at the height of the highest.
void add_row(Block &page, const std::vector<const Block *> &row, int gap) {
    std::size_t height = 0;
    for (const auto *block : row) height = std::max(height, block->size());
    for (std::size_t i = 0; i < height; ++i) {
        std::string line;
        for (const auto *block : row) {
            if (block != row.front()) line.append(gap, ' ');
            line += padded(i < block->size() ? (*block)[i] : "", width_of(*block));
        }
        page.push_back(std::move(line));
    }
}

} // namespace

int width_of(const Block &block) {
    std::size_t width = 0;
    for (const auto &line : block) width = std::max(width, line.size());
    return static_cast<int>(width);
}

Block boxed(const std::string &title, Block content) {
    const int width = std::max(width_of(content), static_cast<int>(title.size()) + 1);
    Block box;
    box.push_back(mark::top_left + (" " + title + " ") +
                  std::string(width - title.size(), mark::across) + mark::top_right);
    for (auto &line : content) {
        box.push_back(std::string{mark::down, ' '} + padded(std::move(line), width) +
                      ' ' + mark::down);
    }
    box.push_back(mark::bottom_left + std::string(width + 2, mark::across) +
                  mark::bottom_right);
    return box;
}

Block flowed(const std::vector<Block> &blocks, int columns, int gap) {
    int widest = 1;
    for (const auto &block : blocks) widest = std::max(widest, width_of(block));
    const int count = static_cast<int>(blocks.size());
    const int fit = std::max(1, (columns + gap) / (widest + gap));
    const int rows = std::max(1, (count + fit - 1) / fit);
    const int in_row = (count + rows - 1) / rows;
    Block page;
    for (int i = 0; i < count; i += in_row) {
        std::vector<const Block *> row;
        for (int k = i; k < std::min(count, i + in_row); ++k) row.push_back(&blocks[k]);
        add_row(page, row, gap);
    }
    return page;
}

std::string finish(const Block &block, bool utf8) {
    static constexpr std::array fancy = {"", "─", "│", "┌", "┐", "└", "┘", "·", "×"};
    static constexpr std::array plain = {"", "-", "|", "+", "+", "+", "+", ".", "x"};
    std::string text;
    for (const auto &line : block) {
        const auto end = line.find_last_not_of(' ') + 1;
        for (const char c : line.substr(0, end)) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte > 0 && byte < fancy.size()) {
                text += utf8 ? fancy[byte] : plain[byte];
            } else {
                text += c;
            }
        }
        text += '\n';
    }
    return text;
}

} // namespace px::cli
