#pragma once
// Standard output and error of ranks, on their way to the owner. Nothing is read before
// the owner takes output, nor while more than a window of it has not been acknowledged: a
// stopped client makes the ranks wait, not the server grow.

#include "rec/jobs/wire.h"

namespace px::jobs {

class Output {
  public:
    // `closed(job)` runs whenever a rank's stream has reached its end, `full(root)` when
    // the window of a job and its children is.
    using Notice = std::function<void(Job &)>;
    Output(Loop &loop, Wire &wire, Notice closed, Notice full)
        : loop_(loop), wire_(wire), closed_(std::move(closed)), full_(std::move(full)) {}

    static constexpr unsigned long long window =
        8ULL << 20; // bytes, for a job and its children

    void start(Job &job); // the owner takes output from now on
    void pause(Job &job);
    void resume(Job &job);
    void drop(Job &job); // closes all streams unread
    [[nodiscard]] static bool at_end(const Job &job);

  private:
    static constexpr std::size_t usual_pipe = 1 << 16, large_pipe = 1 << 18; // bytes
    void watch(Job &job, int rank, Channel channel);
    void read(Job &job, int rank, Channel channel);

    Loop &loop_;
    Wire &wire_;
    Notice closed_, full_;
    std::string buffer_ = std::string(large_pipe, '\0');
};

} // namespace px::jobs
