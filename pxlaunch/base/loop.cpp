// loop.cpp - epoll, an eventfd for other threads, and timers in order of their time.
#include "pxlaunch/base/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace px {

Result<std::unique_ptr<Loop>> Loop::create() {
    std::unique_ptr<Loop> loop(new Loop);
    loop->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    loop->wakeup_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!loop->epoll_ || !loop->wakeup_) {
        return system_error("cannot make an event loop", errno);
    }
    Loop *self = loop.get();
    loop->watch(loop->wakeup_.get(), EPOLLIN, [self](std::uint32_t) {
        std::uint64_t count = 0;
        (void)read_some(self->wakeup_.get(), &count, sizeof count);
        self->run_posted();
    });
    return loop;
}

void Loop::post(Task task) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = posted_.empty();
        posted_.push_back(std::move(task));
    }
    if (!first) return; // whoever posted first has woken the loop
    const std::uint64_t one = 1;
    (void)write_some(wakeup_.get(), &one, sizeof one);
}

bool Loop::watch(int fd, std::uint32_t events, Ready ready) {
    const std::uint64_t serial = ++last_serial_;
    epoll_event event{};
    event.events = events;
    event.data.u64 = (serial << 32) | static_cast<std::uint32_t>(fd);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
    watched_[fd] = {serial & 0xffffffffU, std::make_shared<Ready>(std::move(ready))};
    return true;
}

void Loop::change(int fd, std::uint32_t events) {
    const auto found = watched_.find(fd);
    if (found == watched_.end()) return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = (found->second.serial << 32) | static_cast<std::uint32_t>(fd);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd) {
    if (watched_.erase(fd) != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Loop::Timer Loop::after(Milliseconds delay, Task task) {
    timers_.emplace(Clock::now() + delay, Timed{++last_timer_, std::move(task)});
    return last_timer_;
}

void Loop::cancel(Timer timer) {
    const auto found =
        std::find_if(timers_.begin(), timers_.end(),
                     [timer](const auto &entry) { return entry.second.id == timer; });
    if (found != timers_.end()) timers_.erase(found);
}

void Loop::run_posted() {
    std::vector<Task> tasks;
    {
        const std::lock_guard lock(mutex_);
        tasks.swap(posted_);
    }
    for (auto &task : tasks) task();
}

void Loop::run_due() {
    while (!timers_.empty() && timers_.begin()->first <= Clock::now()) {
        const Task task = std::move(timers_.begin()->second.task);
        timers_.erase(timers_.begin());
        task();
    }
}

int Loop::wait_time() const {
    if (timers_.empty()) return -1;
    const auto left =
        std::chrono::ceil<Milliseconds>(timers_.begin()->first - Clock::now());
    return static_cast<int>(std::clamp<long>(left.count(), 0, 3'600'000));
}

void Loop::run() {
    running_ = true;
    std::array<epoll_event, 64> events{};
    while (running_) {
        const int count =
            ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_time());
        for (int i = 0; i < count && running_; ++i) {
            const int fd = static_cast<int>(events[i].data.u64 & 0xffffffffU);
            const auto found = watched_.find(fd);
            // An earlier handler of this round may have closed it, or opened its
            // successor.
            if (found == watched_.end()) continue;
            if (found->second.serial != events[i].data.u64 >> 32) continue;
            const auto ready = found->second.ready; // it may forget itself
            (*ready)(events[i].events);
        }
        run_due();
    }
}

void Loop::stop() { running_ = false; }

} // namespace px
