#pragma once
// The hwloc side of a Topology, for rec/map itself and for handing the topology to PMIx.

#include "rec/map/topology.h"

#include <hwloc.h>

namespace px::map {

struct HwlocDelete {
    void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using HwlocTopology = std::unique_ptr<hwloc_topology, HwlocDelete>;

struct HwlocBitmapDelete {
    void operator()(hwloc_bitmap_t bitmap) const { hwloc_bitmap_free(bitmap); }
};
using HwlocBitmap = std::unique_ptr<hwloc_bitmap_s, HwlocBitmapDelete>;

// Lives as long as the Topology does.
hwloc_topology_t hwloc_of(const Topology &topology);

HwlocBitmap to_bitmap(const Pus &pus);
Pus to_pus(hwloc_const_bitmap_t bitmap);

} // namespace px::map
