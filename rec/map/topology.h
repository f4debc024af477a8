#pragma once
// A machine as the mapper sees it: cores, caches, NUMA domains, packages and GPUs, each
// as a list of PU numbers. Immutable after loading and safe to read from any thread;
// hwloc discovers it and stays behind topology_hwloc.h.

#include "pxlaunch/base/result.h"
#include "pxlaunch/job/placement.h"

#include <memory>
#include <string>
#include <vector>

namespace px::map {

using Pus = std::vector<int>; // the operating system's PU numbers, rising

struct Part {
    int os = -1; // the operating system's number; -1: it has none
    Pus pus;     // allowed ones only; never empty
};

// Index i of gpus() is number i in the vendor's mask, if the devices are in PCI bus
// order.
struct Gpu {
    std::string bus; // "0000:41:00.0"
    Pus near;        // PUs of the smallest part of the machine that it is attached to
};

enum class Devices { skip, find }; // finding them reads the PCI bus

class Topology {
  public:
    // What this process may use: the machine's PUs less what its cpuset and its affinity
    // exclude. Changes the environment for a moment: call it before other threads start.
    // Takes 1 ms and more on big machines, 30 ms with devices. HWLOC_SYNTHETIC and
    // HWLOC_XMLFILE replace the machine, as in every hwloc program.
    static Result<Topology> load_this_machine(Devices devices = Devices::skip);
    static Result<Topology> from_synthetic(const std::string &description);
    static Result<Topology> from_xml(const std::string &document);
    static Result<Topology> from_xml_file(const std::string &path);

    Topology(Topology &&) noexcept;
    Topology &operator=(Topology &&) noexcept;
    ~Topology();

    [[nodiscard]] const Pus &pus() const; // all that are allowed
    // In hwloc's logical order; empty if the machine has no such thing. `slot` and `node`
    // are the machine itself. NUMA domains without cores of their own are left out.
    [[nodiscard]] const std::vector<Part> &parts(job::Object kind) const;
    // Those with a usable PU, and only their usable PUs.
    [[nodiscard]] std::vector<Pus> objects(job::Object kind, const Pus &usable) const;

    // GPUs of one vendor; where two vendors' GPUs are in a machine, of the one with more.
    [[nodiscard]] const std::vector<Gpu> &gpus() const;
    [[nodiscard]] const std::string &gpu_vendor() const; // nvidia, amd, intel; or empty

    // False if an environment variable or a file described it: nothing can be bound.
    [[nodiscard]] bool is_this_machine() const;

    // As PMIx_server_generate_locality_string and _cpuset_string of OpenPMIx 4.2 to 7
    // write them: "SK0:L30:L20-1:L10-1:CR0-1:HT0-3:NM0" and "hwloc:0-3". Empty for no
    // PUs.
    [[nodiscard]] std::string locality_string(const Pus &pus) const;
    [[nodiscard]] static std::string cpuset_string(const Pus &pus);

    struct Data;
    [[nodiscard]] const Data &data() const { return *data_; }

  private:
    explicit Topology(std::unique_ptr<Data> data);
    std::unique_ptr<Data> data_;
};

bool intersects(const Pus &a, const Pus &b);
Pus intersection(const Pus &a, const Pus &b);

} // namespace px::map
