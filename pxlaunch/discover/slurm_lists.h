#pragma once
// The lists in Slurm's variables, written out. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace px::discover {

// "n[01-03,7],login" is n01 n02 n03 n7 login; brackets may follow each other,
// "r[1-2]n[1-2]", and hold a box of the nodes of a torus, "t[00x11]". Nothing: it is no
// such list, or one of more names than there are machines in the world.
std::optional<std::vector<std::string>> expand_nodes(std::string_view list);

// "4(x2),8" is 4 4 8, a number for each node.
std::optional<std::vector<int>> expand_counts(std::string_view list);

} // namespace px::discover
