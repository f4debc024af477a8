#pragma once
// The nodes of a Slurm job, and the bridge to them: what `--method srun` needs beside the
// server.

#include "pxlaunch/discover/here.h"
#include "rec/bridge/bridge.h"
#include "rec/cli/serve.h"

#include <memory>

namespace px::rec {

class AllocationSteps {
  public:
    // `local`: this node's topology, which lives longer. An Error if this is no Slurm
    // job, or srun or pxwrap is not there.
    static Result<std::unique_ptr<AllocationSteps>>
    make(Loop &loop, const map::Topology &local, const ServeOptions &options,
         const discover::Here &here, const std::string &directory);

    [[nodiscard]] const std::vector<jobs::PoolNode> &nodes() const { return nodes_; }
    [[nodiscard]] bridge::Bridge &bridge() { return *bridge_; }

  private:
    AllocationSteps() = default;
    Result<void> add_node(const std::string &host, const map::Topology &local);

    std::vector<std::unique_ptr<map::Topology>> flat_; // of nodes that we do not know
    std::vector<jobs::PoolNode> nodes_;
    std::unique_ptr<bridge::Bridge> bridge_;
};

} // namespace px::rec
