#pragma once
// The document as the picture needs it, the two parts of the picture, and their words.

#include "pxlaunch/base/result.h"
#include "pxlaunch/cli/boxes.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::cli {

// A layout document, read and checked: every rank's node is there.
struct Drawing {
    struct Core {
        int os = 0;
        std::vector<int> pus;
        bool usable = true;
    };
    struct Numa {
        int os = -1; // -1: it has no number
        std::vector<Core> cores;
    };
    struct Package {
        int os = -1;
        std::vector<Numa> numas;
    };
    struct Node {
        std::string name;
        std::vector<Package> packages;
    };
    struct Rank {
        int rank = 0, app = 0;
        std::size_t node = 0;
        std::string cpus, gpus; // "0-3,8"
    };
    std::vector<Node> nodes;
    std::vector<Rank> ranks;
    bool oversubscribed = false;
};

Result<Drawing> read_layout(const std::string &layout_json);

// One line for each rank, or run of ranks on the same cpus; long tables in several
// columns.
Block rank_table(const Drawing &drawing, int columns);

// The boxes of one node, under a line with its name.
Block node_boxes(const Drawing &drawing, std::size_t node, int columns);

std::vector<int> numbers_in(const std::string &text); // "0-3,8"; throws if it is none
std::string ranges_text(const std::vector<int> &sorted);
std::string counted(std::size_t count, std::string_view noun);

// The line `start`, then the parts of a comma-separated list, over as many lines as it
// needs.
void add_wrapped(Block &lines, const std::string &start, const std::string &list,
                 int columns);

} // namespace px::cli
