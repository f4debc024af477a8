// dial.cpp - non-blocking connects, side by side.
#include "pxlaunch/channel/dial.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/secret.h"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace px::channel {

namespace {

// A network that swallows our words must not hold us up for longer.
constexpr Milliseconds patience{2000};
constexpr Milliseconds until_next{100};

struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    bool loopback = false;
};

std::optional<Address> read_address(const std::string &text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto port = parse_number(text.substr(colon + 1), 65535);
    std::string host = text.substr(0, colon);
    if (!port) return std::nullopt;
    Address address;
    if (host.starts_with('[')) {
        host = host.substr(1, host.size() - 2);
        auto *six = reinterpret_cast<sockaddr_in6 *>(&address.bytes);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(static_cast<std::uint16_t>(*port));
        if (::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) != 1)
            return std::nullopt;
        address.size = sizeof *six;
        address.loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
        return address;
    }
    auto *four = reinterpret_cast<sockaddr_in *>(&address.bytes);
    four->sin_family = AF_INET;
    four->sin_port = htons(static_cast<std::uint16_t>(*port));
    if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) != 1) return std::nullopt;
    address.size = sizeof *four;
    address.loopback = (ntohl(four->sin_addr.s_addr) >> 24) == 127;
    return address;
}

} // namespace

Dialer::Dialer(Loop &loop, const std::vector<std::string> &addresses,
               const std::string &host, Hello hello, Done done)
    : loop_(loop), hello_(std::move(hello)), done_(std::move(done)) {
    const bool near = hello_.host == host;
    for (const auto &address : addresses) {
        const auto read = read_address(address);
        if (!read || (read->loopback && !near)) continue;
        // On its own node loopback is the surest and the fastest way.
        left_.insert(read->loopback ? left_.begin() : left_.end(), address);
    }
    deadline_ =
        loop_.after(left_.empty() ? Milliseconds(0) : patience, [this] { finish({}); });
    dial_next();
}

// The next one when the last has failed, or is slow: connections that nobody needs cost
// both sides time.
void Dialer::dial_next() {
    loop_.cancel(next_);
    while (done_ && !left_.empty()) {
        const std::string address = left_.front();
        left_.pop_front();
        if (!dial(address)) continue;
        next_ = loop_.after(until_next, [this] { dial_next(); });
        return;
    }
}

Dialer::~Dialer() {
    done_ = {};
    left_.clear();
    loop_.cancel(deadline_);
    loop_.cancel(next_);
    for (const auto &line : lines_) drop(*line);
}

bool Dialer::dial(const std::string &text) {
    const auto address = read_address(text);
    if (!address) return false;
    Fd socket(::socket(address->bytes.ss_family,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return false;
    const auto *to = reinterpret_cast<const sockaddr *>(&address->bytes);
    if (::connect(socket.get(), to, address->size) != 0 && errno != EINPROGRESS)
        return false;
    lines_.push_back(std::make_unique<Line>());
    Line &line = *lines_.back();
    line.socket = std::move(socket);
    loop_.watch(line.socket.get(), EPOLLOUT,
                [this, &line](std::uint32_t) { connected(line); });
    return true;
}

void Dialer::connected(Line &line) {
    loop_.forget(line.socket.get());
    int error_number = 0;
    socklen_t size = sizeof error_number;
    ::getsockopt(line.socket.get(), SOL_SOCKET, SO_ERROR, &error_number, &size);
    if (error_number != 0) return drop(line);
    tune(line.socket);
    Stream::Events events;
    events.frame = [this, &line](const Frame &frame) {
        if (frame.kind == Kind::welcome) welcomed(line, frame);
    };
    events.closed = [this, &line](int) { drop(line); };
    line.stream =
        std::make_unique<Stream>(loop_, std::move(line.socket), std::move(events));
    line.stream->send(Kind::hello, text_of(hello_));
}

void Dialer::welcomed(Line &line, const Frame &welcome) {
    met_impostor_ = token_ && !is_same_secret(welcome.body, *token_);
    if (!met_impostor_) return finish(std::move(line.stream));
    line.stream.reset();
    finish({});
}

void Dialer::drop(Line &line) {
    if (line.socket) loop_.forget(line.socket.get());
    line.socket.reset();
    line.stream.reset();
    line.open = false;
    const bool last = std::none_of(lines_.begin(), lines_.end(),
                                   [](const auto &each) { return each->open; });
    if (!last) return;
    if (left_.empty()) return finish({});
    dial_next();
    const bool none = std::none_of(lines_.begin(), lines_.end(),
                                   [](const auto &each) { return each->open; });
    if (none) finish({});
}

void Dialer::finish(std::unique_ptr<Stream> stream) {
    if (!done_) return;
    const Done done = std::exchange(done_, {});
    loop_.cancel(deadline_);
    loop_.cancel(next_);
    left_.clear();
    met_silence_ =
        !stream && std::any_of(lines_.begin(), lines_.end(),
                               [](const auto &line) { return !!line->stream; });
    // Whoever would welcome us on another line would wait for us there.
    for (const auto &line : lines_) drop(*line);
    done(std::move(stream));
}

} // namespace px::channel
