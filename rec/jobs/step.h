#pragma once
// A job whose ranks somebody else starts and ends: a step of a scheduler, which may reach
// over many nodes. The table keeps its place in the pool, its owner and its end; the rest
// is the Step's. All calls and events are on the loop's thread.

#include "rec/jobs/wire.h"

#include <functional>
#include <memory>
#include <string>

namespace px::jobs {

struct StepEvents {
    std::function<void(int rank, int pid)> arrived; // the process that runs the rank
    std::function<void(int rank, Channel channel, std::string bytes)> output;
    std::function<void(job::JobResult)> ended; // once; all output has come
};

class Step {
  public:
    Step() = default;
    Step(const Step &) = delete;
    Step &operator=(const Step &) = delete;
    virtual ~Step() = default;       // ends what is left of it
    virtual void begin_output() = 0; // no rank starts before
    virtual void acknowledged(unsigned long long bytes) = 0;
    virtual void push_input(int rank, std::string bytes, bool end,
                            std::function<void()> done) = 0; // rank < 0: all
    virtual void set_window(int rows, int columns) = 0;
    virtual void signal(int rank, int number) = 0; // rank < 0: all
    virtual void print_stacks(std::function<void()> done) = 0; // as the ranks' errors
    // True if that child of ours was the step's.
    virtual bool reaped(int pid, int wait_status) = 0;
};

class Steps {
  public:
    virtual ~Steps() = default;
    // Events come later, never from within.
    virtual Result<std::unique_ptr<Step>> start(const Job &job, StepEvents events) = 0;
};

} // namespace px::jobs
