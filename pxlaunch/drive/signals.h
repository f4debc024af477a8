#pragma once
// Signals: their names, and their delivery through a signalfd, never through handlers.

#include "pxlaunch/base/loop.h"

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace px::drive {

// "SIGSEGV"; of a number without a name "signal 50".
std::string signal_name(int signal);
bool ends(int signal); // one of those that ask a program to end: INT, TERM, HUP

class Signals {
  public:
    using Handler = std::function<void(int signal)>;

    // Before the first thread starts. A signal that was ignored when we started (nohup, a
    // background job of a script) stays ignored.
    static Result<std::unique_ptr<Signals>> block(const std::vector<int> &forwarded);
    Signals(const Signals &) = delete;
    Signals &operator=(const Signals &) = delete;

    // Readable when a signal has come that ends us (INT, TERM, HUP): for waits before
    // deliver(). Which one it was is read once.
    [[nodiscard]] int ending() const { return ending_.get(); }
    [[nodiscard]] std::optional<int> read_ending();

    // From now on, on the loop's thread. We exist before the loop and usually after it.
    void deliver(Loop &loop, Handler handler);
    [[nodiscard]] bool was_ignored(int signal) const;
    // What a program that we start is to have again.
    [[nodiscard]] const sigset_t &original_mask() const { return original_; }

  private:
    Signals() = default;

    Fd fd_, ending_;
    sigset_t original_{}, blocked_{};
    std::vector<int> ignored_;
};

} // namespace px::drive
