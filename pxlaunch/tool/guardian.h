#pragma once
// The guardian of a job on a server that is not ours: a process that outlives a killed
// pxlaunch just long enough to end the job. PRRTE 3.0.8 lets the jobs of a dead tool run
// on (PMIX_SPAWN_CHILD_SEP does not help), and so do shims that never reached us.

#include "pxlaunch/base/fd.h"

#include <string>

namespace px::tool {

struct AttachTo;

class Guardian {
  public:
    // Before the library is initialised, which does not survive a fork. An Error if there
    // can be no more processes.
    static Result<Guardian> start(const AttachTo &to);
    Guardian(Guardian &&) = default;
    Guardian &operator=(Guardian &&) = default;
    ~Guardian() = default; // which is what it waits for

    void watch(const std::string &nspace); // from now on this job is its own, too
    void release();                        // that job is over: nothing is to be done
    void reap();                           // waits for its end, which release() asks for

  private:
    Guardian(Fd line, int pid) : line_(std::move(line)), pid_(pid) {}

    Fd line_;
    int pid_;
};

} // namespace px::tool
