#pragma once
// What follows from a signal to us, from --timeout and from waiting in vain: decided
// here, carried out by the caller. Pure; time is handed in.

#include "pxlaunch/base/loop.h"

#include <optional>
#include <string>
#include <vector>

namespace px::drive {

struct Action {
    enum Kind {
        send,    // `signal` to all ranks
        kill,    // all ranks, with SIGKILL
        say,     // `text` to the user
        timer,   // call on_timer() after `delay`; it replaces an earlier timer
        stacks,  // collect stack traces, before doing what follows in the list
        stop_us, // stop pxlaunch itself, as Ctrl-Z does
        give_up, // leave without waiting any longer; the ranks are the server's
    };
    Kind kind;
    int signal = 0;
    std::string text = {};
    Milliseconds delay{0};
};
using Actions = std::vector<Action>;

class Interruption {
  public:
    struct Settings {
        Milliseconds grace{10'000};
        std::vector<int> forward; // signal numbers
        Milliseconds timeout{0};  // only for its message
        bool stacks = false;      // --on-timeout stacks
    };
    using Time = Clock::time_point;

    explicit Interruption(Settings settings) : settings_(std::move(settings)) {}

    // `processes` is how many ranks are running, for messages.
    Actions on_signal(int signal, int processes, Time now);
    Actions on_timeout(int processes);
    Actions on_reader_gone(); // of our stdout: the job ends as by SIGPIPE
    Actions on_timer(int processes);

    [[nodiscard]] bool timed_out() const { return timed_out_; }
    // The signal that made us end the job, if one did: the status where ranks give none.
    [[nodiscard]] std::optional<int> ended_by() const { return ended_by_; }

  private:
    enum class Phase { running, ending, killing };

    Actions interrupt(int processes, Time now);
    Actions end(const std::string &why, int processes);
    Actions kill_now(std::string text);
    [[nodiscard]] bool forwards(int signal) const;

    Settings settings_;
    Phase phase_ = Phase::running;
    std::optional<Time> interrupted_; // the last Ctrl-C
    bool timed_out_ = false;
    std::optional<int> ended_by_;
};

} // namespace px::drive
