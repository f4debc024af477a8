#pragma once
// Binding: which cpus each rank runs on, and which it takes from the pool.

#include "rec/map/layout.h"
#include "rec/map/seating.h"

namespace px::map {

// Fills cpus and reserved of `ranks`, which are in the order of `seats` (seat numbers).
Result<void> bind_ranks(const Seating &seating, const job::Spec &spec,
                        const std::vector<Demand> &demands, const std::vector<int> &seats,
                        std::vector<RankPlace> &ranks);

} // namespace px::map
