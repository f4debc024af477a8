// stdin_terminal.cpp - raw mode and its end.
#include "pxlaunch/drive/stdin_terminal.h"

#include <csignal>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace px::drive {

std::optional<WindowSize> window_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return {};
    return WindowSize{size.ws_row, size.ws_col};
}

Result<RawTerminal> RawTerminal::of(int fd) {
    termios original{};
    if (::tcgetattr(fd, &original) != 0) {
        return usage_error("--pty: standard input is not a terminal",
                           "leave --pty out, or run pxlaunch in a terminal");
    }
    return RawTerminal(fd, original);
}

RawTerminal::RawTerminal(RawTerminal &&other) noexcept
    : fd_(other.fd_), original_(other.original_), raw_(std::exchange(other.raw_, false)) {
}

namespace {
// Changing a terminal from its background stops the process, unless TTOU is blocked.
void set_attributes(int fd, const termios &attributes) {
    sigset_t ttou, before;
    ::sigemptyset(&ttou);
    ::sigaddset(&ttou, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &ttou, &before);
    ::tcsetattr(fd, TCSANOW, &attributes);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
} // namespace

void RawTerminal::enter() {
    if (::tcgetpgrp(fd_) != ::getpgrp())
        return; // in the background it is not ours to change
    termios raw = original_;
    ::cfmakeraw(&raw);
    set_attributes(fd_, raw);
    raw_ = true;
}

void RawTerminal::leave() {
    if (std::exchange(raw_, false)) set_attributes(fd_, original_);
}

} // namespace px::drive
