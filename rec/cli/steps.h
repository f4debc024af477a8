#pragma once
// The nodes of a Slurm job, and the bridge to them: what `--method srun` and `pmi2` need
// beside the server.

#include "pxlaunch/discover/here.h"
#include "rec/bridge/bridge.h"
#include "rec/bridge/host_side.h"
#include "rec/cli/serve.h"

#include <memory>

namespace px::rec {

class AllocationSteps {
  public:
    // `local`: this node's topology, which lives longer. An Error if this is no Slurm
    // job, or srun or pxwrap is not there. Runs the loop, for the host side's answer.
    static Result<std::unique_ptr<AllocationSteps>> make(Loop &loop,
                                                         const map::Topology &local,
                                                         const ServeOptions &options,
                                                         const discover::Here &here);

    [[nodiscard]] const std::vector<jobs::PoolNode> &nodes() const { return nodes_; }
    [[nodiscard]] bridge::Bridge &bridge() { return *bridge_; }

  private:
    AllocationSteps() = default;
    Result<void> add_node(const std::string &host, const map::Topology &local,
                          bool is_of_job);
    Result<void> find_sruns(Loop &loop, const ServeOptions &options,
                            const discover::Here &here, const std::string &wrapper);

    int threads_ = 0;                                  // of a core, if that is known
    std::vector<std::unique_ptr<map::Topology>> flat_; // of nodes that we do not know
    std::vector<jobs::PoolNode> nodes_;
    std::unique_ptr<bridge::Sruns> sruns_;
    std::unique_ptr<bridge::Bridge> bridge_;
};

} // namespace px::rec
