#pragma once
// Standard input of ranks: chunks wait until the rank's pipe takes them, and only then is
// the sender answered - that is the flow control.

#include "rec/jobs/job.h"

namespace px::jobs {

class Input {
  public:
    explicit Input(Loop &loop) : loop_(loop) {}

    // Queues `bytes`, and end of file after them, for one rank (or all: rank < 0). `done`
    // runs when every one of these ranks has taken them or is gone.
    void push(Job &job, int rank, std::string bytes, bool end,
              std::function<void()> done);
    void close(Rank &rank); // drops what is queued

  private:
    void write_queued(Rank &rank);

    Loop &loop_;
};

} // namespace px::jobs
