#pragma once
// Boxes of text, side by side and in each other. While they are put together every byte
// is one column; finish() then turns the marks into box characters.

#include <string>
#include <vector>

namespace px::cli {

using Block = std::vector<std::string>; // lines of one width

namespace mark {
inline constexpr char across = '\x01', down = '\x02', top_left = '\x03',
                      top_right = '\x04', bottom_left = '\x05', bottom_right = '\x06',
                      free = '\x07', closed = '\x08';
}

int width_of(const Block &block);

// A frame of two columns on each side, with the title in its upper edge.
Block boxed(const std::string &title, Block content);

// Blocks from left to right, `gap` columns apart, in as many rows as `columns` need, and
// about as many in each row.
Block flowed(const std::vector<Block> &blocks, int columns, int gap = 1);

std::string finish(const Block &block, bool utf8);

} // namespace px::cli
