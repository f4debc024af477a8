// stream.cpp - frames on a socket.
#include "pxlaunch/channel/stream.h"

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace px::channel {

namespace {

constexpr int quietly = MSG_NOSIGNAL | MSG_DONTWAIT;
// How often we look whether the peer's kernel answers, and how often in a row it may not.
constexpr Milliseconds between_looks{2000};
constexpr int most_silent_looks = 5;

// What was sent and not acknowledged, or a closed window that does not answer a probe.
struct Answers {
    bool are_owed = false, come = true;
};

Answers answers_on(const Fd &socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
    return {info.tcpi_unacked > 0 || info.tcpi_probes > 0,
            info.tcpi_last_ack_recv < between_looks.count()};
}

} // namespace

void tune(const Fd &socket) {
    const auto set = [&socket](int level, int name, int value) {
        ::setsockopt(socket.get(), level, name, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 4); // seconds
    set(IPPROTO_TCP, TCP_KEEPINTVL, 2);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Stream::Stream(Loop &loop, Fd socket, Events events)
    : loop_(loop), socket_(std::move(socket)), events_(std::move(events)) {
    choose_events();
}

Stream::~Stream() {
    *alive_ = false;
    loop_.cancel(look_);
    if (watched_) loop_.forget(socket_.get());
}

void Stream::choose_events() {
    std::uint32_t wanted = reads_ ? EPOLLIN : 0U;
    if (unsent() > 0) wanted |= EPOLLOUT;
    if (watched_ && wanted == watched_for_) return;
    watched_for_ = wanted;
    if (watched_) return loop_.change(socket_.get(), wanted);
    watched_ = loop_.watch(socket_.get(), wanted,
                           [this](std::uint32_t events) { on_ready(events); });
}

void Stream::read(bool wanted) {
    reads_ = wanted;
    if (socket_) choose_events();
}

void Stream::send(Kind kind, std::string_view body) {
    if (!socket_) return;
    const bool idle = unsent() == 0;
    append_frame(unsent_, kind, body);
    if (unsent() > enough) was_full_ = true;
    if (!idle) return;
    // A peer that is gone is noticed by the loop: nobody expects that inside send().
    const auto put = ::send(socket_.get(), unsent_.data(), unsent_.size(), quietly);
    if (put < 0 && errno != EAGAIN) failure_ = errno; // told once, and the loop will ask
    if (put > 0) note_sent(static_cast<std::size_t>(put));
    choose_events();
    look_later();
}

void Stream::look_later() {
    if (look_ == 0) look_ = loop_.after(between_looks, [this] { look(); });
}

// The kernel does not send its keep-alives while it has something of ours to send, and
// its TCP_USER_TIMEOUT (since Linux 5.11) also ends connections whose peer is well and
// does not read.
void Stream::look() {
    look_ = 0;
    const Answers answers = answers_on(socket_);
    silent_looks_ = answers.are_owed && !answers.come ? silent_looks_ + 1 : 0;
    if (silent_looks_ == most_silent_looks) return close(ETIMEDOUT);
    if (answers.are_owed || unsent() > 0) look_later();
}

void Stream::note_sent(std::size_t bytes) {
    sent_ += bytes;
    if (sent_ < unsent_.size() && sent_ <= enough) return;
    unsent_.erase(0, sent_);
    sent_ = 0;
}

void Stream::on_ready(std::uint32_t events) {
    const std::shared_ptr<bool> alive = alive_;
    if ((events & EPOLLOUT) != 0U && !write_bytes()) return;
    if (!*alive || !socket_) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0U) read_bytes();
}

bool Stream::write_bytes() {
    const auto put =
        ::send(socket_.get(), unsent_.data() + sent_, unsent_.size() - sent_, quietly);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        close(errno == EPIPE ? failure_ : errno);
        return false;
    }
    if (put > 0) note_sent(static_cast<std::size_t>(put));
    choose_events();
    if (was_full_ && unsent() < enough / 2) {
        was_full_ = false;
        if (events_.sent) events_.sent();
    }
    return true;
}

void Stream::read_bytes() {
    static std::array<char, 256 << 10> buffer; // one loop, one thread
    const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return close(got < 0 ? errno : failure_);
    reader_.add({buffer.data(), static_cast<std::size_t>(got)});
    const std::shared_ptr<bool> alive = alive_;
    while (auto frame = reader_.next()) {
        const auto handler = events_.frame; // it may replace itself
        handler(std::move(*frame));
        if (!*alive || !socket_) return;
    }
    if (reader_.broken()) close(EPROTO);
}

void Stream::close(int error_number) {
    loop_.cancel(look_);
    loop_.forget(socket_.get());
    watched_ = false;
    socket_.reset();
    const auto closed = events_.closed; // it may destroy us
    closed(error_number);
}

} // namespace px::channel
