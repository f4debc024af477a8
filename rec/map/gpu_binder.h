#pragma once
// GPUs: the nearest ones for every rank that asks for some.

#include "rec/map/layout.h"
#include "rec/map/seating.h"

namespace px::map {

// Fills gpus of `ranks` whose applications ask for GPUs. A GPU has two ranks only if the
// job oversubscribes; then all have about as many.
void assign_gpus(const Seating &seating, const std::vector<Demand> &demands,
                 std::vector<RankPlace> &ranks);

} // namespace px::map
