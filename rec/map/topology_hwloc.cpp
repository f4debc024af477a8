// topology_hwloc.cpp - between hwloc's bitmaps and ours, and the strings that PMIx keeps
// of them.
#include "rec/map/topology_data.h"

#include "pxlaunch/base/text.h"

#include <cstdlib>

namespace px::map {

hwloc_topology_t hwloc_of(const Topology &topology) {
    return topology.data().hwloc.get();
}

HwlocBitmap to_bitmap(const Pus &pus) {
    HwlocBitmap bitmap(hwloc_bitmap_alloc());
    for (const int pu : pus) hwloc_bitmap_set(bitmap.get(), static_cast<unsigned>(pu));
    return bitmap;
}

Pus to_pus(hwloc_const_bitmap_t bitmap) {
    Pus pus;
    for (int pu = hwloc_bitmap_first(bitmap); pu >= 0;
         pu = hwloc_bitmap_next(bitmap, pu)) {
        pus.push_back(pu);
    }
    return pus;
}

namespace {

// PMIx's name for a level, or null for levels that it leaves out.
const char *pmix_level(hwloc_obj_type_t type) {
    switch (type) {
    case HWLOC_OBJ_PACKAGE:
        return "SK";
    case HWLOC_OBJ_L3CACHE:
        return "L3";
    case HWLOC_OBJ_L2CACHE:
        return "L2";
    case HWLOC_OBJ_L1CACHE:
        return "L1";
    case HWLOC_OBJ_CORE:
        return "CR";
    case HWLOC_OBJ_PU:
        return "HT";
    case HWLOC_OBJ_NUMANODE:
        return "NM";
    default:
        return nullptr;
    }
}

std::string level_text(hwloc_topology_t topology, int depth, const HwlocBitmap &pus) {
    const char *name = pmix_level(hwloc_get_depth_type(topology, depth));
    if (name == nullptr) return {};
    Pus touched;
    const unsigned width = hwloc_get_nbobjs_by_depth(topology, depth);
    for (unsigned i = 0; i < width; ++i) {
        const hwloc_obj_t object = hwloc_get_obj_by_depth(topology, depth, i);
        if (hwloc_bitmap_intersects(object->cpuset, pus.get()) != 0) {
            touched.push_back(static_cast<int>(i));
        }
    }
    return touched.empty() ? std::string() : name + range_text(touched) + ":";
}

} // namespace

std::string Topology::locality_string(const Pus &pus) const {
    const hwloc_topology_t topology = data_->hwloc.get();
    const HwlocBitmap bitmap = to_bitmap(pus);
    std::string text;
    for (int depth = 1; depth < hwloc_topology_get_depth(topology); ++depth) {
        text += level_text(topology, depth, bitmap);
    }
    text += level_text(topology, HWLOC_TYPE_DEPTH_NUMANODE, bitmap);
    if (!text.empty()) text.pop_back();
    return text;
}

std::string Topology::cpuset_string(const Pus &pus) {
    return pus.empty() ? std::string() : "hwloc:" + range_text(pus);
}

} // namespace px::map
