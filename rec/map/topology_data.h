#pragma once
// What a Topology holds, shared by the files that fill it and that write its strings.

#include "rec/map/topology_hwloc.h"

#include <map>

namespace px::map {

struct Topology::Data {
    HwlocTopology hwloc;
    bool this_machine = false;
    Pus pus;
    std::map<job::Object, std::vector<Part>> parts; // every Object has its list
    std::vector<Gpu> gpus;
    std::string gpu_vendor;
};

// Fills gpus and gpu_vendor from the PCI devices that hwloc found.
void find_gpus(Topology::Data &data, const HwlocBitmap &allowed);

} // namespace px::map
