// stdin.cpp - reading our standard input without ever waiting for it.
#include "pxlaunch/drive/stdin.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace px::drive {

namespace {
// `fg` of a job that runs in the background sends it no signal.
constexpr Milliseconds foreground_check{500};
} // namespace

StdinPump::StdinPump(Loop &loop, int fd, Send send)
    : loop_(loop), fd_(fd), send_(std::move(send)) {}

StdinPump::~StdinPump() {
    stop();
    *alive_ = false;
}

void StdinPump::start() {
    if (state_ != State::idle) return;
    state_ = State::reading;
    open_own();
    go_on();
}

void StdinPump::sent() {
    --outstanding_;
    go_on();
}

void StdinPump::resume() {
    if (state_ == State::background) check_foreground();
}

void StdinPump::stop() {
    wait_readable(false);
    loop_.cancel(timer_);
    state_ = State::ended;
}

// Other processes may share our input: one of them may take what poll promised us, and a
// blocking read would then hold up everything. A description of our own need not block.
void StdinPump::open_own() {
    struct stat about {};
    if (::fstat(fd_, &about) != 0) return;
    if (!S_ISFIFO(about.st_mode) && ::isatty(fd_) != 1) return;
    const std::string path = fmt::format("/proc/self/fd/{}", fd_);
    own_ = Fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

bool StdinPump::in_background() const {
    const pid_t foreground = ::tcgetpgrp(fd_);
    return foreground > 0 && foreground != ::getpgrp() && ::isatty(fd_) == 1;
}

void StdinPump::go_on() {
    if (state_ != State::reading) return;
    if (outstanding_ >= most_outstanding) return wait_readable(false);
    if (pollable_) return wait_readable(true);
    if (std::exchange(posted_, true)) return;
    loop_.post([this, alive = alive_] {
        if (!*alive) return;
        posted_ = false;
        read_chunk();
    });
}

void StdinPump::wait_readable(bool wait) {
    if (wait == watched_) return;
    watched_ = wait;
    if (!wait) return loop_.forget(source());
    if (loop_.watch(source(), EPOLLIN, [this](std::uint32_t) { read_chunk(); })) return;
    // A regular file or a device, always ready; or closed, which reads as its end.
    watched_ = pollable_ = false;
    go_on();
}

void StdinPump::read_chunk() {
    if (state_ != State::reading) return;
    if (in_background()) {
        state_ = State::background;
        wait_readable(false);
        return check_foreground();
    }
    pollfd ready{source(), POLLIN, 0};
    if (pollable_ && !own_ && ::poll(&ready, 1, 0) == 0) return;
    std::string bytes(chunk, '\0');
    const auto got = read_some(source(), bytes.data(), bytes.size());
    if (got && *got < 0) return;
    bytes.resize(got ? static_cast<std::size_t>(*got) : 0);
    // Sent to the background between the check and the read: that reads as an end.
    if (bytes.empty() && in_background()) return read_chunk();
    ++outstanding_;
    if (bytes.empty()) stop();
    send_(std::move(bytes));
    go_on();
}

void StdinPump::check_foreground() {
    loop_.cancel(timer_);
    if (in_background()) {
        timer_ = loop_.after(foreground_check, [this] { check_foreground(); });
        return;
    }
    state_ = State::reading;
    go_on();
}

} // namespace px::drive
