#pragma once
// The cores of this node, and who has them. A managed pool (pxrec up, pxrec run) gives no
// core out twice; an unmanaged one belongs to a single pxlaunch and keeps no account.

#include "rec/jobs/job.h"
#include "rec/map/mapper.h"

#include <map>
#include <optional>

namespace px::jobs {

class Pool {
  public:
    Pool(const map::Topology &topology, std::string host, bool managed)
        : topology_(topology), host_(std::move(host)), managed_(managed) {}

    // nullopt: it does not fit now, but will; an Error: it never will. `own`: threads
    // that the asking job holds itself, which its own children may share. What the layout
    // reserves is taken, until release().
    Result<std::optional<map::Layout>> place(const job::Spec &asked,
                                             const std::vector<int> &own);
    void release(const map::Layout &layout);

    [[nodiscard]] bool managed() const { return managed_; }
    [[nodiscard]] const std::string &host() const { return host_; }
    [[nodiscard]] const map::Topology &topology() const { return topology_; }
    [[nodiscard]] int cores() const;
    [[nodiscard]] int free_cores() const;
    [[nodiscard]] std::string picture(const map::Layout &layout) const; // JSON

  private:
    [[nodiscard]] map::NodeView whole() const;
    [[nodiscard]] map::NodeView free(const std::vector<int> &own) const;
    void count(const map::Layout &layout, int by);

    const map::Topology &topology_;
    std::string host_;
    bool managed_;
    std::map<int, int> holders_;     // hardware thread -> ranks that hold it
    std::map<int, int> gpu_holders_; // the same for GPUs
};

} // namespace px::jobs
