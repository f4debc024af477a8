// output_sink.cpp - writing to pipes, terminals, sockets and files that others may share.
#include "pxlaunch/drive/output_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace px::drive {

namespace {
constexpr std::size_t per_turn = 1 << 20; // then the loop sees to its signals again
// Linux n_tty reports a terminal writable from 256 free bytes on.
constexpr std::size_t careful_terminal = 256;
constexpr std::size_t most_pieces = 4; // of one write

std::size_t size_of(std::span<const std::string_view> pieces) {
    std::size_t size = 0;
    for (const std::string_view piece : pieces) size += piece.size();
    return size;
}

void remove_prefix(std::span<std::string_view> pieces, std::size_t size) {
    for (std::string_view &piece : pieces) {
        const std::size_t here = std::min(size, piece.size());
        piece.remove_prefix(here);
        size -= here;
    }
}
} // namespace

FdSink::FdSink(Loop &loop, int fd, Events events)
    : loop_(loop), fd_(fd), events_(std::move(events)) {
    choose_way();
}

FdSink::~FdSink() { wait_for_room(false); }

void FdSink::choose_way() {
    struct stat about {};
    if (::fstat(fd_, &about) != 0) return;
    const bool terminal = S_ISCHR(about.st_mode) && ::isatty(fd_) == 1;
    if (S_ISSOCK(about.st_mode)) {
        way_ = Way::socket;
    } else if (S_ISFIFO(about.st_mode) || terminal) {
        // Opening it again gives a description of our own, whose flags nobody else sees.
        const std::string path = fmt::format("/proc/self/fd/{}", fd_);
        own_ = Fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
        way_ = own_ ? Way::own : Way::careful;
        careful_bytes_ = terminal ? careful_terminal : PIPE_BUF;
    }
    if (way_ == Way::plain) return;
    wait_for_room(true); // only to see whether it can be
    if (!waiting_) way_ = Way::plain;
    wait_for_room(false);
}

// Bytes written at one attempt, or -1 and errno.
long FdSink::put(std::span<const std::string_view> pieces) {
    std::array<iovec, most_pieces> parts{};
    std::size_t count = 0;
    for (const std::string_view piece : pieces) {
        if (!piece.empty())
            parts[count++] = {const_cast<char *>(piece.data()), piece.size()};
    }
    if (way_ == Way::careful) {
        pollfd room{fd_, POLLOUT, 0};
        if (::poll(&room, 1, 0) == 0) return errno = EAGAIN, -1;
        return ::write(fd_, parts[0].iov_base,
                       std::min(parts[0].iov_len, careful_bytes_));
    }
    if (way_ == Way::socket) {
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        return ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return ::writev(own_ ? own_.get() : fd_, parts.data(), static_cast<int>(count));
}

// Writes until all is written or the other side is full; what is left stays in `pieces`.
std::size_t FdSink::put_all(std::span<std::string_view> pieces) {
    std::size_t total = 0;
    while (size_of(pieces) != 0 && (total < per_turn || way_ == Way::plain)) {
        const long done = put(pieces);
        if (done >= 0) {
            total += static_cast<std::size_t>(done);
            remove_prefix(pieces, static_cast<std::size_t>(done));
        } else if (errno == EAGAIN && way_ == Way::plain) {
            // Made non-blocking by somebody else, and it cannot be watched.
            pollfd room{fd_, POLLOUT, 0};
            ::poll(&room, 1, 100);
        } else if (errno != EINTR) {
            if (errno != EAGAIN) fail(errno);
            break;
        }
    }
    return total;
}

void FdSink::write(std::span<const std::string_view> pieces, std::size_t credit) {
    std::array<std::string_view, most_pieces> left{};
    std::copy(pieces.begin(), pieces.end(), left.begin());
    accepted_ += size_of(left);
    marks_.push_back({accepted_, credit});
    const std::size_t done = pending() == 0 && !failed_ ? put_all(left) : 0;
    if (failed_) return settle();
    for (const std::string_view piece : left) queue_ += piece;
    advance(done);
    wait_for_room(pending() != 0);
}

void FdSink::drain() {
    std::array left{std::string_view(queue_).substr(head_)};
    const std::size_t done = put_all(left);
    if (failed_) return;
    head_ += done;
    if (head_ > queue_.size() / 2) {
        queue_.erase(0, head_);
        head_ = 0;
    }
    advance(done);
    wait_for_room(pending() != 0);
    if (pending() == 0 && events_.empty) events_.empty();
}

void FdSink::advance(std::size_t bytes) {
    written_ += bytes;
    std::size_t credit = 0;
    while (!marks_.empty() && marks_.front().end <= written_) {
        credit += marks_.front().credit;
        marks_.pop_front();
    }
    if (credit != 0 && events_.written) events_.written(credit);
}

void FdSink::fail(int error_number) {
    failed_ = true;
    wait_for_room(false);
    queue_.clear();
    head_ = 0;
    if (events_.failed) events_.failed(error_number);
    settle();
    if (events_.empty) events_.empty();
}

// What is discarded counts as written, so that the job's flow goes on.
void FdSink::settle() {
    written_ = accepted_;
    advance(0);
}

// Watched only while there is something to write: a pipe whose reader left reports its
// error for ever.
void FdSink::wait_for_room(bool wait) {
    if (wait == waiting_) return;
    waiting_ = wait;
    const int fd = own_ ? own_.get() : fd_;
    if (wait) {
        waiting_ = loop_.watch(fd, EPOLLOUT, [this](std::uint32_t) { drain(); });
    } else {
        loop_.forget(fd);
    }
}

} // namespace px::drive
