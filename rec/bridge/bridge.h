#pragma once
// Jobs as steps of a Slurm job: the bridge from pxrec's own server to srun. slurmd does
// the ranks' PMIx; the shims bring their input, output and ends to us.

#include "pxlaunch/base/loop.h"
#include "rec/bridge/srun_process.h"
#include "rec/jobs/pool.h"
#include "rec/jobs/step.h"

namespace px::bridge {

struct BridgeSettings {
    Sruns *sruns = nullptr;            // outlives the Bridge
    std::string wrapper;               // pxwrap's, on every node
    std::string slurm_job;             // the id
    std::string host;                  // this node's name
    std::vector<jobs::PoolNode> nodes; // with Slurm's names
    std::vector<std::string> extra;    // of srun's environment
};

class Bridge : public jobs::Steps {
  public:
    Bridge(Loop &loop, BridgeSettings settings)
        : loop_(loop), settings_(std::move(settings)) {}
    Result<std::unique_ptr<jobs::Step>> start(const jobs::Job &job,
                                              jobs::StepEvents events) override;

  private:
    Loop &loop_;
    BridgeSettings settings_;
};

} // namespace px::bridge
