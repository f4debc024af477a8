#pragma once
// srun as a child of this process; with a root, in the host's files.

#include "pxlaunch/base/host_root.h"
#include "pxlaunch/base/loop.h"
#include "rec/bridge/srun_process.h"

#include <optional>

namespace px::bridge {

class LocalSruns : public Sruns {
  public:
    LocalSruns(Loop &loop, std::string srun, std::optional<HostRoot> root)
        : loop_(loop), srun_(std::move(srun)), root_(std::move(root)) {}
    [[nodiscard]] std::vector<std::string> environment() const override;
    Result<std::unique_ptr<SrunProcess>> start(SrunCommand command,
                                               SrunEvents events) override;

  private:
    Loop &loop_;
    std::string srun_; // its path
    std::optional<HostRoot> root_;
};

} // namespace px::bridge
