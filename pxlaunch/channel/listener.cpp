// listener.cpp - accepting peers.
#include "pxlaunch/channel/listener.h"

#include "pxlaunch/channel/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace px::channel {

namespace {

constexpr Milliseconds hello_patience{5000};
// Who comes when there are so many waits in the kernel, until one of them has said who it
// is, or has had time for it.
constexpr std::size_t most_strangers = 64;
constexpr Milliseconds time_to_speak{1000};
constexpr Milliseconds until_descriptors{100}; // are free again
constexpr int backlog = 1024;

// Both families where the kernel has both.
Result<Fd> open_port(int &port) {
    Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    const int no = 0;
    socklen_t size = sizeof six;
    if (socket) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr *>(&six), size) != 0) {
        socket = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_in four{};
        four.sin_family = AF_INET;
        if (!socket ||
            ::bind(socket.get(), reinterpret_cast<sockaddr *>(&four), sizeof four) != 0)
            return system_error("cannot open a port for reports", errno);
    }
    // The port lies at the same place in both families.
    if (::listen(socket.get(), backlog) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&six), &size) != 0) {
        return system_error("cannot open a port for reports", errno);
    }
    port = ntohs(six.sin6_port);
    return socket;
}

std::string text_of(const sockaddr *address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        const auto *four = reinterpret_cast<const sockaddr_in *>(address);
        ::inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
        return text;
    }
    const auto *six = reinterpret_cast<const sockaddr_in6 *>(address);
    if (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr)) return {}; // means nothing elsewhere
    ::inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
    return fmt::format("[{}]", text);
}

} // namespace

Result<std::unique_ptr<Listener>> Listener::open(Loop &loop, Arrived arrived) {
    std::unique_ptr<Listener> made(new Listener(loop, std::move(arrived)));
    made->secret_ = PX_TRY(make_secret());
    made->socket_ = PX_TRY(open_port(made->port_));
    made->listen();
    return made;
}

Listener::~Listener() {
    if (listens_) loop_.forget(socket_.get());
    loop_.cancel(rest_);
    for (const auto &stranger : strangers_) loop_.cancel(stranger->deadline);
}

std::vector<std::string> Listener::addresses() const {
    std::vector<std::string> near, far;
    ifaddrs *all = nullptr;
    if (::getifaddrs(&all) != 0) all = nullptr;
    for (const ifaddrs *each = all; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
        const int family = each->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        const auto text = text_of(each->ifa_addr);
        if (text.empty()) continue;
        auto &list = (each->ifa_flags & IFF_LOOPBACK) != 0 ? near : far;
        list.push_back(fmt::format("{}:{}", text, port_));
    }
    if (all != nullptr) ::freeifaddrs(all);
    far.insert(far.end(), near.begin(), near.end());
    return far;
}

void Listener::listen() {
    loop_.cancel(rest_);
    if (listens_) return;
    listens_ = true;
    loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { accept_all(); });
}

void Listener::rest(Milliseconds time) {
    if (std::exchange(listens_, false)) loop_.forget(socket_.get());
    loop_.cancel(rest_);
    rest_ = loop_.after(time, [this] { listen(); });
}

// Those who come all at once have each said who they are, but it was not read yet.
bool Listener::has_room() {
    if (strangers_.size() < most_strangers) return true;
    const auto age = std::chrono::duration_cast<Milliseconds>(Clock::now() -
                                                              strangers_.front()->since);
    if (age >= time_to_speak) {
        forget(*strangers_.front());
        return true;
    }
    rest(time_to_speak - age);
    return false;
}

void Listener::accept_all() {
    while (has_room()) {
        Fd socket(
            ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) {
            const bool is_short = errno == EMFILE || errno == ENFILE || errno == ENOBUFS;
            return is_short ? rest(until_descriptors) : void();
        }
        tune(socket);
        strangers_.push_back(std::make_unique<Stranger>());
        Stranger &stranger = *strangers_.back();
        Stream::Events events;
        events.frame = [this, &stranger](const Frame &frame) {
            on_frame(stranger, frame);
        };
        events.closed = [this, &stranger](int) { forget(stranger); };
        stranger.stream =
            std::make_unique<Stream>(loop_, std::move(socket), std::move(events));
        stranger.stream->accept_up_to(most_of_hello);
        stranger.deadline =
            loop_.after(hello_patience, [this, &stranger] { forget(stranger); });
    }
}

void Listener::forget(const Stranger &stranger) {
    loop_.cancel(stranger.deadline);
    std::erase_if(strangers_,
                  [&stranger](const auto &each) { return each.get() == &stranger; });
    listen();
}

void Listener::on_frame(Stranger &stranger, const Frame &frame) {
    auto hello = frame.kind == Kind::hello ? read_hello(frame.body) : std::nullopt;
    if (!hello || !is_same_secret(hello->secret, secret_)) return forget(stranger);
    auto stream = std::move(stranger.stream);
    forget(stranger);
    stream->accept_up_to(most_bytes);
    arrived_(std::move(stream), std::move(*hello));
}

} // namespace px::channel
