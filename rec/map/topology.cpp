// topology.cpp - discovers a machine with hwloc and turns it into lists of PU numbers.
#include "rec/map/topology_data.h"

#include "pxlaunch/base/fd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>

namespace px::map {

namespace {

using job::Object;

Error no_topology(const std::string &what) {
    return cannot_run(fmt::format("cannot read {}: {}", what, error_text(errno)),
                      "lstopo, of the hwloc package, shows what hwloc finds here");
}

// hwloc's x86 component visits every core to ask its cpuid, and the GPU components load
// the vendors' libraries: seconds on big nodes, for names that nobody here reads.
void leave_out_slow_components(hwloc_topology_t topology) {
    for (const auto *name :
         {"x86", "gl", "opencl", "cuda", "nvml", "rsmi", "levelzero"}) {
        hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
                                      name);
    }
}

// Plugins (OpenCL, GL, libxml) cost 3 ms to load, three quarters of all; what they add is
// left out below anyway, and hwloc reads the PCI bus without its PCI plugin too.
class WithoutPlugins {
  public:
    WithoutPlugins() { setenv(name, "/nonexistent", 0); }
    ~WithoutPlugins() {
        if (!was_set_) unsetenv(name);
    }

  private:
    static constexpr const char *name = "HWLOC_PLUGINS_PATH";
    bool was_set_ = getenv(name) != nullptr;
};

Result<HwlocTopology> new_topology(Devices devices) {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) return no_topology("the machine's topology");
    HwlocTopology topology(raw);
    if (devices == Devices::find) {
        hwloc_topology_set_type_filter(raw, HWLOC_OBJ_PCI_DEVICE,
                                       HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    }
    return topology;
}

// Memory without cores (CXL, HBM beside DRAM) and a level that repeats another part's PUs
// would each be mapped to a second time.
void add_part(std::vector<Part> &parts, hwloc_obj_t object, const HwlocBitmap &allowed) {
    HwlocBitmap mine(hwloc_bitmap_dup(object->cpuset));
    hwloc_bitmap_and(mine.get(), mine.get(), allowed.get());
    Part part{
        object->os_index == HWLOC_UNKNOWN_INDEX ? -1 : static_cast<int>(object->os_index),
        to_pus(mine.get())};
    if (part.pus.empty()) return;
    const auto same = [&](const Part &other) { return other.pus == part.pus; };
    if (object->type == HWLOC_OBJ_NUMANODE &&
        std::any_of(parts.begin(), parts.end(), same)) {
        return;
    }
    parts.push_back(std::move(part));
}

std::vector<Part> parts_of(hwloc_topology_t topology, hwloc_obj_type_t type,
                           const HwlocBitmap &allowed) {
    std::vector<Part> parts;
    hwloc_obj_t object = nullptr;
    while ((object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr) {
        if (object->cpuset != nullptr) add_part(parts, object, allowed);
    }
    return parts;
}

void read_levels(Topology::Data &data, const HwlocBitmap &allowed) {
    constexpr std::pair<Object, hwloc_obj_type_t> levels[] = {
        {Object::slot, HWLOC_OBJ_MACHINE},    {Object::node, HWLOC_OBJ_MACHINE},
        {Object::package, HWLOC_OBJ_PACKAGE}, {Object::numa, HWLOC_OBJ_NUMANODE},
        {Object::l3cache, HWLOC_OBJ_L3CACHE}, {Object::l2cache, HWLOC_OBJ_L2CACHE},
        {Object::l1cache, HWLOC_OBJ_L1CACHE}, {Object::core, HWLOC_OBJ_CORE},
        {Object::hwthread, HWLOC_OBJ_PU},
    };
    for (const auto &[kind, type] : levels) {
        data.parts[kind] = parts_of(data.hwloc.get(), type, allowed);
    }
    // A virtual machine may show PUs without cores.
    if (data.parts[Object::core].empty()) {
        data.parts[Object::core] = data.parts[Object::hwthread];
    }
}

// The loaded topology less what affinity excludes. hwloc itself drops what the cpuset
// does.
Result<Topology::Data> read(HwlocTopology hwloc, Devices devices) {
    Topology::Data data;
    data.this_machine = hwloc_topology_is_thissystem(hwloc.get()) != 0;
    HwlocBitmap allowed(hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(hwloc.get())));
    HwlocBitmap affinity(hwloc_bitmap_alloc());
    if (data.this_machine &&
        hwloc_get_cpubind(hwloc.get(), affinity.get(), HWLOC_CPUBIND_THREAD) == 0 &&
        hwloc_bitmap_intersects(allowed.get(), affinity.get()) != 0) {
        hwloc_bitmap_and(allowed.get(), allowed.get(), affinity.get());
    }
    data.pus = to_pus(allowed.get());
    if (data.pus.empty())
        return cannot_run("this machine shows no processor that may be used");
    data.hwloc = std::move(hwloc);
    read_levels(data, allowed);
    if (devices == Devices::find) find_gpus(data, allowed);
    return data;
}

} // namespace

Topology::Topology(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Topology::Topology(Topology &&) noexcept = default;
Topology &Topology::operator=(Topology &&) noexcept = default;
Topology::~Topology() = default;

Result<Topology> Topology::load_this_machine(Devices devices) {
    const WithoutPlugins without_plugins;
    auto hwloc = PX_TRY(new_topology(devices));
    leave_out_slow_components(hwloc.get());
    if (hwloc_topology_load(hwloc.get()) != 0)
        return no_topology("the machine's topology");
    return Topology(std::make_unique<Data>(PX_TRY(read(std::move(hwloc), devices))));
}

Result<Topology> Topology::from_synthetic(const std::string &description) {
    auto hwloc = PX_TRY(new_topology(Devices::skip));
    if (hwloc_topology_set_synthetic(hwloc.get(), description.c_str()) != 0 ||
        hwloc_topology_load(hwloc.get()) != 0) {
        return no_topology(fmt::format("the topology '{}'", description));
    }
    return Topology(
        std::make_unique<Data>(PX_TRY(read(std::move(hwloc), Devices::skip))));
}

Result<Topology> Topology::from_xml(const std::string &document) {
    auto hwloc = PX_TRY(new_topology(Devices::find));
    const auto size = static_cast<int>(document.size() + 1); // with the final zero
    if (hwloc_topology_set_xmlbuffer(hwloc.get(), document.c_str(), size) != 0 ||
        hwloc_topology_load(hwloc.get()) != 0) {
        return no_topology("the topology document");
    }
    return Topology(
        std::make_unique<Data>(PX_TRY(read(std::move(hwloc), Devices::find))));
}

Result<Topology> Topology::from_xml_file(const std::string &path) {
    return from_xml(PX_TRY(read_file(path, 64 << 20)));
}

const Pus &Topology::pus() const { return data_->pus; }
const std::vector<Gpu> &Topology::gpus() const { return data_->gpus; }
const std::string &Topology::gpu_vendor() const { return data_->gpu_vendor; }
bool Topology::is_this_machine() const { return data_->this_machine; }

const std::vector<Part> &Topology::parts(Object kind) const {
    return data_->parts.at(kind);
}

std::vector<Pus> Topology::objects(Object kind, const Pus &usable) const {
    std::vector<Pus> objects;
    for (const auto &part : parts(kind)) {
        auto pus = intersection(part.pus, usable);
        if (!pus.empty()) objects.push_back(std::move(pus));
    }
    return objects;
}

Pus intersection(const Pus &a, const Pus &b) {
    Pus both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                          std::back_inserter(both));
    return both;
}

bool intersects(const Pus &a, const Pus &b) {
    if (a.size() > b.size()) return intersects(b, a);
    if (a.size() * 8 < b.size()) { // a core against a machine
        return std::any_of(a.begin(), a.end(), [&](int pu) {
            return std::binary_search(b.begin(), b.end(), pu);
        });
    }
    for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
        if (*x == *y) return true;
        *x < *y ? ++x : ++y;
    }
    return false;
}

} // namespace px::map
