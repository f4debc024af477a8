#pragma once
// The shim of one rank: it starts the rank when the judge of the job says so, carries its
// input and output, reports its end, and lives until the judge lets it go. So the runtime
// sees every rank run until all have ended, and no rank end too early for it (PRRTE 3.0.8
// loses the end and the exit code of such a rank).
//
// Whoever is gone, judge or runtime: the rank ends too. Where no judge can be reached the
// rank is bare: it starts at once and has the runtime's own streams, the report travels
// in its errors, and the shim ends no earlier than 300 ms after it started.

#include "pxlaunch/channel/dial.h"
#include "wrapper/rank.h"
#include "wrapper/rank_io.h"

namespace px::wrapper {

// Until nothing of the rank is left. However that ended, the runtime is to see success:
// it ends a job, or itself, when it sees a failure.
Result<void> run_shim(channel::Assignment assignment, channel::Hello hello,
                      std::vector<std::string> environment);

class Shim {
  public:
    Shim(Loop &loop, channel::Assignment assignment, channel::Hello hello,
         std::vector<std::string> environment);

    void begin(int runtime); // the daemon's process
    void on_signal(int number);
    void on_runtime_gone();
    void on_outer_gone(); // the process that the runtime knows was killed

  private:
    void connected(std::unique_ptr<channel::Stream> stream);
    void on_frame(const channel::Frame &frame);
    void on_closed();
    void start(const std::vector<std::string> &rank_variables);
    void start_bare();
    void give_up(); // nobody is reached, and nothing is started
    [[nodiscard]] job::Environment environment() const;
    Result<void> watch_for_pmi();
    void send_stack();
    void refuse(const Error &error);
    void rank_ended();
    void report_end();
    void report_held_end();
    void kill_rank();
    void end_rank();   // TERM, and soon KILL
    void limit_time(); // of a rank that the runtime has told to end
    [[nodiscard]] bool is_slurms() const { return assignment_.must_reach; }
    void release();
    void leave();
    void tell(channel::Kind kind, std::string_view body);
    void breathe();
    void leave_when_seen();

    Loop &loop_;
    channel::Assignment assignment_;
    std::vector<std::string> own_environment_;
    channel::Hello hello_;
    Rank rank_;
    std::unique_ptr<channel::Dialer> dialer_;
    std::unique_ptr<channel::Stream> stream_; // none: bare, or the judge is gone
    std::unique_ptr<RankIo> io_;
    Fd errors_; // of a bare rank: the way of its reports
    Fd trap_;   // see process/pmi_trap.h
    Loop::Timer kill_timer_ = 0;
    Loop::Timer held_ = 0; // the report of an end that may not be the rank's own doing
    Clock::time_point began_ = Clock::now();
    bool by_runtime_ = false, by_judge_ = false, released_ = false, leaving_ = false;
};

} // namespace px::wrapper
