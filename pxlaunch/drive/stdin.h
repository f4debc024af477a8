#pragma once
// Our standard input on its way to the job: read only while the job wants it and only as
// fast as it takes it. A terminal is read only while we are in its foreground.

#include "pxlaunch/base/loop.h"

#include <string>

namespace px::drive {

class StdinPump {
  public:
    // Bytes for the job; empty: the end of input, once and last. Each call is answered by
    // sent(), perhaps from inside it.
    using Send = std::function<void(std::string bytes)>;

    static constexpr std::size_t chunk = 64 << 10;
    static constexpr int most_outstanding = 8;

    StdinPump(Loop &loop, int fd, Send send);
    StdinPump(const StdinPump &) = delete;
    StdinPump &operator=(const StdinPump &) = delete;
    ~StdinPump();

    void start();  // the job is there
    void sent();   // one chunk has arrived
    void resume(); // after SIGCONT: the terminal may be ours again
    void stop();   // nobody wants more: nothing is read or sent from now on
    [[nodiscard]] bool ended() const { return state_ == State::ended; }

  private:
    enum class State { idle, reading, background, ended };

    void open_own();
    void go_on(); // read now, wait until there is something, or wait for room
    void wait_readable(bool wait);
    void read_chunk();
    void check_foreground();
    [[nodiscard]] bool in_background() const;
    [[nodiscard]] int source() const { return own_ ? own_.get() : fd_; }

    Loop &loop_;
    int fd_;
    Fd own_; // a second, non-blocking opening of the same pipe or terminal
    Send send_;
    State state_ = State::idle;
    bool pollable_ = true, watched_ = false, posted_ = false;
    int outstanding_ = 0;
    Loop::Timer timer_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // for posted work
};

} // namespace px::drive
