#pragma once
// The shim of one rank: it starts the rank when the judge of the job says so, carries its
// input and output, reports its end, and lives until the judge lets it go. So the runtime
// sees every rank run until all have ended, and no rank end too early for it (PRRTE 3.0.8
// loses the end and the exit code of such a rank).
//
// Whoever is gone, judge or runtime: the rank ends too. Where no judge can be reached the
// rank has the runtime's own streams, its status is the shim's, and the shim ends no
// earlier than 100 ms after it started.

#include "wrapper/dial.h"
#include "wrapper/rank.h"
#include "wrapper/rank_io.h"

namespace px::wrapper {

// What the runtime sees as the rank's status.
Result<int> run_shim(channel::Assignment assignment, std::vector<std::string> argv,
                     std::vector<std::string> environment);

class Shim {
  public:
    Shim(Loop &loop, channel::Assignment assignment, std::vector<std::string> argv,
         std::vector<std::string> environment);

    void begin();
    void on_signal(int number);
    void on_runtime_gone();
    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] int signal() const { return signal_; } // to end by, or 0

  private:
    void connected(std::unique_ptr<channel::Stream> stream);
    void on_frame(const channel::Frame &frame);
    void on_closed();
    void start(const std::vector<std::string> &rank_variables);
    void start_bare();
    [[nodiscard]] job::Environment environment() const;
    void refuse(const Error &error);
    void rank_ended();
    void kill_rank();
    void end_rank(); // TERM, and soon KILL
    void release();
    void leave();
    void fail(const Error &error); // without a judge

    Loop &loop_;
    channel::Assignment assignment_;
    std::vector<std::string> own_environment_;
    channel::Hello hello_;
    Rank rank_;
    std::unique_ptr<Dialer> dialer_;
    std::unique_ptr<channel::Stream> stream_; // none: bare, or the judge is gone
    std::unique_ptr<RankIo> io_;
    Loop::Timer kill_timer_ = 0;
    Clock::time_point began_ = Clock::now();
    bool by_runtime_ = false, released_ = false, leaving_ = false;
    int status_ = 0, signal_ = 0;
};

} // namespace px::wrapper
