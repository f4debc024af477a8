#pragma once
// A running srun, wherever that is: on this node, or outside of our container, where an
// errand has started it.

#include "pxlaunch/base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace px::bridge {

struct SrunCommand {
    std::vector<std::string> argv, env;
    std::string hosts; // which it is to find by SLURM_HOSTFILE
};

struct SrunEvents {
    std::function<void(std::string_view)> words;
    std::function<void(int wait_status)>
        ended; // once; the process may be destroyed in it
};

class SrunProcess {
  public:
    SrunProcess() = default;
    SrunProcess(const SrunProcess &) = delete;
    SrunProcess &operator=(const SrunProcess &) = delete;
    virtual ~SrunProcess() = default;               // kills it
    virtual void signal(int number) = 0;            // KILL: with all of its process group
    virtual bool reaped(int, int) { return false; } // whether that child of ours was it
};

class Sruns {
  public:
    virtual ~Sruns() = default;
    // What a srun inherits there.
    [[nodiscard]] virtual std::vector<std::string> environment() const = 0;
    // Events come later, never from within.
    virtual Result<std::unique_ptr<SrunProcess>> start(SrunCommand command,
                                                       SrunEvents events) = 0;
};

} // namespace px::bridge
