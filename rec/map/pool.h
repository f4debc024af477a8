#pragma once
// The cpus of one node while a job is mapped: which belong to which object, and which are
// still free. A cpu is a core, or a hardware thread if the job counts those.

#include "rec/map/mapper.h"

#include <span>

namespace px::map {

struct Cpu {
    Pus pus; // usable ones
    int numa = 0, package = 0;
    bool free = true;
};

class Pool {
  public:
    // `crowded`: the job oversubscribes, and spreads over what it may share with others.
    static Result<Pool> of(const NodeView &node, const job::MapBy &map, bool crowded);

    [[nodiscard]] const NodeView &node() const { return *node_; }
    [[nodiscard]] const std::vector<Cpu> &cpus() const { return cpus_; }
    [[nodiscard]] const Pus &pus() const { return pus_; } // of all cpus
    // Objects of the kind that is mapped by; each is a list of indices into cpus().
    [[nodiscard]] const std::vector<std::vector<int>> &objects() const {
        return objects_;
    }
    [[nodiscard]] Pus pus_of(std::span<const int> cpus) const;

    // Takes `count` free cpus of an object, of one NUMA domain where they fit, else of
    // one package, else as they come; nothing if the object has too few.
    std::vector<int> take(int object, int count);

    int slots = 0; // ranks that it still takes
    int gpus = 0;  // still free

  private:
    Pool() = default;
    Result<void> keep_listed(const job::MapBy &map);
    void find_objects(job::Object kind);

    const NodeView *node_ = nullptr;
    std::vector<Cpu> cpus_;
    Pus pus_;
    std::vector<std::vector<int>> objects_;
};

} // namespace px::map
