#pragma once
// One job from its spawn to its exit status: the only place where the server's news, the
// user's signals, input, output and time meet. Everything runs on the loop.

#include "pxlaunch/drive/messages.h"
#include "pxlaunch/drive/output.h"
#include "pxlaunch/drive/signals.h"
#include "pxlaunch/drive/signals_interruption.h"
#include "pxlaunch/drive/stdin.h"
#include "pxlaunch/drive/stdin_terminal.h"
#include "pxlaunch/tool/runtime.h"

namespace px::drive {

struct DriveOptions {
    std::string parent;     // "NAMESPACE.RANK" that we run in; or empty
    bool map_only = false;  // --dry-run: the server places the job and starts nothing
    std::string server_log; // where the server's log is, for when we lose it
    // Lines to show before the job's output, drawn from where its ranks are; or empty.
    std::function<std::string(const std::string &layout_json)> draw;
    // The spec with the counts that the server has found; or empty.
    std::function<void(const std::string &nspace, const job::Spec &)> started;
};

class Drive {
  public:
    Drive(Loop &loop, tool::Runtime &runtime, Signals &signals, const job::Spec &spec,
          DriveOptions options);
    Drive(const Drive &) = delete;
    Drive &operator=(const Drive &) = delete;

    // Runs the job; returns how it ended, or why it never ran. Its output is written and
    // the user has been told when this returns.
    Result<job::JobResult> run();

  private:
    void spawn();
    void spawned(Result<std::string> nspace);
    void ask_counts();
    void take_counts(const std::string &counts);
    void placed();
    void watch_time();
    void say_waiting(Milliseconds waited);
    void show_layout();
    void start_input();
    void begin();
    void on_output(tool::Source from, tool::Channel channel, const std::string &bytes);
    void on_drained(std::size_t bytes);
    void on_job_end(job::JobResult result);
    void on_lost();
    void ask_end();
    void on_signal(int number);
    void perform(const Actions &actions);
    void perform_one(const Action &action);
    void send(int signal);
    void stop_us();
    void fail(Error error);
    void finish();
    [[nodiscard]] int running() const;
    void say(const std::string &text);

    Loop &loop_;
    tool::Runtime &runtime_;
    Signals &signals_;
    job::Spec spec_; // its counts are the server's where it alone can know them
    DriveOptions options_;
    Interruption interruption_;
    std::unique_ptr<OutputRouter> output_;
    std::unique_ptr<StdinPump> input_;
    std::optional<RawTerminal> terminal_;
    std::string nspace_; // empty until the job runs
    std::size_t unacknowledged_ = 0;
    int signals_on_their_way_ = 0;
    bool stop_wanted_ = false; // as soon as the signals have arrived
    Loop::Timer start_timer_ = 0, wait_timer_ = 0, timeout_timer_ = 0, action_timer_ = 0;
    Loop::Timer ask_timer_ = 0;
    bool finishing_ = false;
    std::optional<Error> error_;
    job::JobResult result_;
};

} // namespace px::drive
