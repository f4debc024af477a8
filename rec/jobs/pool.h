#pragma once
// The cores of this node, or of several, and who has them. A managed pool (pxrec up,
// pxrec run) gives no core out twice; an unmanaged one belongs to a single pxlaunch and
// keeps no account.

#include "rec/jobs/job.h"
#include "rec/map/mapper.h"

#include <map>
#include <optional>

namespace px::jobs {

struct PoolNode {
    std::string host;
    const map::Topology *topology = nullptr;
    bool gpus_known = true; // the topology's are the node's
};

// A hardware thread of a node of the pool.
struct Cpu {
    int node = 0, pu = 0;
    auto operator<=>(const Cpu &) const = default;
};

class Pool {
  public:
    Pool(std::vector<PoolNode> nodes, bool managed)
        : nodes_(std::move(nodes)), managed_(managed) {}

    // nullopt: it does not fit now, but will; an Error: it never will. `own`: threads
    // that the asking job holds itself, which its own children may share. What the layout
    // reserves is taken, until release().
    Result<std::optional<map::Layout>> place(const job::Spec &asked,
                                             const std::vector<Cpu> &own);
    void release(const map::Layout &layout);

    [[nodiscard]] bool managed() const { return managed_; }
    [[nodiscard]] const std::vector<PoolNode> &nodes() const { return nodes_; }
    [[nodiscard]] const std::string &host(int node = 0) const {
        return nodes_[static_cast<std::size_t>(node)].host;
    }
    [[nodiscard]] const map::Topology &topology(int node = 0) const {
        return *nodes_[static_cast<std::size_t>(node)].topology;
    }
    [[nodiscard]] int cores() const;
    [[nodiscard]] int free_cores() const;
    [[nodiscard]] std::string picture(const map::Layout &layout) const; // JSON

  private:
    [[nodiscard]] std::vector<map::NodeView> whole() const;
    [[nodiscard]] std::vector<map::NodeView> free(const std::vector<Cpu> &own) const;
    void count(const map::Layout &layout, int by);

    std::vector<PoolNode> nodes_; // never empty
    bool managed_;
    std::map<Cpu, int> holders_;     // ranks that hold it
    std::map<Cpu, int> gpu_holders_; // the same for GPUs
};

} // namespace px::jobs
