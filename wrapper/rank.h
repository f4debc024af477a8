#pragma once
// The one process that a shim is there for: from its assignment to its end, and to the
// end of all that it started. Signals and times are its own; its streams are not.

#include "pxlaunch/channel/assignment.h"
#include "pxlaunch/channel/messages.h"
#include "pxlaunch/job/environment.h"
#include "pxlaunch/process/streams.h"

#include <optional>
#include <string>
#include <vector>

namespace px::wrapper {

class Rank {
  public:
    explicit Rank(const channel::Assignment &assignment) : assignment_(assignment) {}

    // Whether it can be started here, with this environment: the program, the directory.
    Result<void> prepare(job::Environment environment);
    Result<void> start(const process::Streams &streams, bool terminal);
    [[nodiscard]] const job::Environment &environment() const { return app_.env; }
    // Before start(): our end of a trap for an MPI library of the wrong kind.
    Result<Fd> set_trap(int rank);

    // Reaps what has ended; true once, when the rank itself has.
    bool reap();
    [[nodiscard]] bool is_running() const { return pid_ > 0 && !ended_; }
    [[nodiscard]] int pid() const { return pid_; }
    [[nodiscard]] const std::optional<job::RankEnd> &ended() const { return ended_; }

    void signal(int number) const; // to its process group
    // With what it started, whatever group that is in; waits for their end, a second at
    // most.
    void kill_all();

  private:
    void note_end(int wait_status);

    const channel::Assignment &assignment_;
    job::App app_;
    std::string program_;
    Fd trap_; // the rank's end
    int pid_ = -1;
    double started_ = 0;
    std::optional<job::RankEnd> ended_;
};

} // namespace px::wrapper
