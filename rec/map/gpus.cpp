// gpus.cpp - finds GPUs among the PCI devices, and the cores that each is near to.
#include "rec/map/topology_data.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::map {

namespace {

struct Vendor {
    unsigned pci;
    const char *name;
};

// In the order of preference. Other display controllers (ASPEED, Matrox, virtual
// machines' own) are screens, and no program computes on them.
constexpr Vendor vendors[] = {{0x10de, "nvidia"}, {0x1002, "amd"}, {0x8086, "intel"}};

// Display controllers: VGA 0300, 3D 0302, other 0380 (AMD Instinct); accelerator 1200.
bool computes(unsigned kind) {
    return kind == 0x0300 || kind == 0x0302 || kind == 0x0380 || kind == 0x1200;
}

Gpu describe(hwloc_topology_t topology, hwloc_obj_t device, const HwlocBitmap &allowed) {
    const auto &pci = device->attr->pcidev;
    Gpu gpu;
    gpu.bus =
        fmt::format("{:04x}:{:02x}:{:02x}.{:x}", pci.domain, pci.bus, pci.dev, pci.func);
    const hwloc_obj_t parent = hwloc_get_non_io_ancestor_obj(topology, device);
    HwlocBitmap near(hwloc_bitmap_dup(parent->cpuset));
    hwloc_bitmap_and(near.get(), near.get(), allowed.get());
    gpu.near = to_pus(near.get());
    return gpu;
}

std::vector<Gpu> gpus_of(hwloc_topology_t topology, const Vendor &vendor,
                         const HwlocBitmap &allowed) {
    std::vector<Gpu> gpus;
    hwloc_obj_t device = nullptr;
    while ((device = hwloc_get_next_pcidev(topology, device)) != nullptr) {
        const auto &pci = device->attr->pcidev;
        if (pci.vendor_id != vendor.pci || !computes(pci.class_id)) continue;
        gpus.push_back(describe(topology, device, allowed));
    }
    std::sort(gpus.begin(), gpus.end(),
              [](const Gpu &a, const Gpu &b) { return a.bus < b.bus; });
    return gpus;
}

} // namespace

void find_gpus(Topology::Data &data, const HwlocBitmap &allowed) {
    for (const auto &vendor : vendors) {
        auto gpus = gpus_of(data.hwloc.get(), vendor, allowed);
        if (gpus.size() <= data.gpus.size()) continue;
        data.gpus = std::move(gpus);
        data.gpu_vendor = vendor.name;
    }
}

} // namespace px::map
