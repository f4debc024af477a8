#pragma once
// Numbering: the order of ranks among the seats, by PRRTE's --rank-by.

#include "rec/map/seating.h"

namespace px::map {

// Seat numbers by rank. Applications keep their order: ranks of the first come first.
std::vector<int> rank_order(const Seating &seating, job::RankBy rule);

} // namespace px::map
