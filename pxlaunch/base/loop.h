#pragma once
// The event loop: descriptors, timers, signals and work posted by other threads, all
// handled one after the other on the thread that calls run(). Entirely passive otherwise.
// Only post() may be called from another thread.

#include "pxlaunch/base/fd.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace px {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

class Loop {
  public:
    using Task = std::function<void()>;
    using Ready = std::function<void(std::uint32_t events)>;
    using Timer = std::uint64_t; // 0 is never a timer

    static Result<std::unique_ptr<Loop>> create();
    Loop(const Loop &) = delete;
    Loop &operator=(const Loop &) = delete;

    void post(Task task); // any thread

    // `events` are those of epoll; an error or hang-up is always reported. The handler
    // may forget its own descriptor. A descriptor must be forgotten before it is closed.
    // Returns false for a descriptor that epoll cannot watch (a regular file is always
    // ready).
    bool watch(int fd, std::uint32_t events, Ready ready);
    void change(int fd, std::uint32_t events);
    void forget(int fd);

    Timer after(Milliseconds delay, Task task);
    void cancel(Timer timer); // cancelling a timer that has fired does nothing

    void run();  // until stop()
    void stop(); // on the loop's own thread

  private:
    struct Timed {
        Timer id;
        Task task;
    };
    struct Watched {
        std::uint64_t serial; // tells a descriptor from an earlier one of the same number
        std::shared_ptr<Ready> ready;
    };

    Loop() = default;
    void run_posted();
    void run_due();
    [[nodiscard]] int wait_time() const;

    Fd epoll_, wakeup_;
    std::unordered_map<int, Watched> watched_;
    std::multimap<Clock::time_point, Timed> timers_;
    std::uint64_t last_serial_ = 0;
    Timer last_timer_ = 0;
    bool running_ = false;
    std::mutex mutex_; // guards posted_
    std::vector<Task> posted_;
};

} // namespace px
