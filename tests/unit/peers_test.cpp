// Many peers and few, loud ones and silent ones: channel::Listener and channel::Dialer.
#include "pxlaunch/channel/dial.h"
#include "pxlaunch/channel/listener.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <ctime>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace px;
using namespace px::channel;

namespace {

constexpr Milliseconds too_long{20'000};

// A listening socket of the kernel's, at which nobody says anything.
struct Silent {
    Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    std::string address;

    Silent() {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr *>(&here), size) == 0);
        REQUIRE(::listen(socket.get(), 8) == 0);
        ::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&here), &size);
        address = fmt::format("127.0.0.1:{}", ntohs(here.sin_port));
    }
    [[nodiscard]] Fd accepted() const {
        return Fd(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
};

Hello hello_of(int rank, const std::string &secret) {
    Hello hello;
    hello.rank = rank;
    hello.host = "here";
    hello.secret = secret;
    return hello;
}

Fd connected_to(const std::string &address) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(
        static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr *>(&there), sizeof there) ==
            0);
    return socket;
}

// Has said who it is, with that many bytes of its node.
Fd greeting_peer(const Listener &listener, int rank = 0, std::size_t bytes_of_node = 0) {
    Fd peer = connected_to(listener.addresses().back());
    Hello hello = hello_of(rank, listener.secret());
    hello.node = std::string(bytes_of_node, ' ');
    std::string bytes;
    append_frame(bytes, Kind::hello, text_of(hello));
    REQUIRE(write_all(peer.get(), bytes));
    return peer;
}

// A loop that stops when the first peer has arrived.
struct Awaiting {
    std::unique_ptr<Loop> loop = std::move(*Loop::create());
    bool has_arrived = false;
    std::unique_ptr<Listener> listener = std::move(
        *Listener::open(*loop, [this](const std::unique_ptr<Stream> &, const Hello &) {
            has_arrived = true;
            loop->stop();
        }));
};

} // namespace

TEST_CASE("two hundred peers that come at once all arrive, with long hellos") {
    auto loop = Loop::create();
    REQUIRE(loop);
    std::vector<std::unique_ptr<Stream>> arrived;
    const auto listener =
        Listener::open(**loop, [&](std::unique_ptr<Stream> stream, const Hello &hello) {
            CHECK(hello.node.size() == 20'000);
            arrived.push_back(std::move(stream));
            if (arrived.size() == 200) (*loop)->stop();
        });
    REQUIRE(listener);
    std::vector<Fd> peers;
    for (int rank = 0; rank < 200; ++rank)
        peers.push_back(greeting_peer(**listener, rank, 20'000));
    (*loop)->after(too_long, [&] { (*loop)->stop(); });
    (*loop)->run();
    CHECK(arrived.size() == 200);
}

TEST_CASE("strangers that say nothing do not keep others out") {
    Awaiting awaiting;
    std::vector<Fd> strangers;
    for (int i = 0; i < 100; ++i)
        strangers.push_back(connected_to(awaiting.listener->addresses().back()));
    const Fd peer = greeting_peer(*awaiting.listener);
    awaiting.loop->after(Milliseconds(4000), // before they must go
                         [&] { awaiting.loop->stop(); });
    awaiting.loop->run();
    CHECK(awaiting.has_arrived);
}

TEST_CASE("without a descriptor left a listener waits for one, and does not spin") {
    Awaiting awaiting;
    const Fd peer = greeting_peer(*awaiting.listener);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
    awaiting.loop->after(Milliseconds(500), [&] { ::setrlimit(RLIMIT_NOFILE, &before); });
    awaiting.loop->after(too_long, [&] { awaiting.loop->stop(); });
    const std::clock_t began = std::clock();
    awaiting.loop->run();
    CHECK(awaiting.has_arrived);
    CHECK(std::clock() - began < CLOCKS_PER_SEC / 4);
}

TEST_CASE("when one welcomes us, all other connections are closed") {
    auto loop = Loop::create();
    REQUIRE(loop);
    const Silent silent;
    std::unique_ptr<Stream> theirs, ours;
    const auto listener =
        Listener::open(**loop, [&](std::unique_ptr<Stream> stream, const Hello &) {
            theirs = std::move(stream);
            theirs->handle({[](const Frame &) {}, [](int) {}, {}});
            theirs->send(Kind::welcome);
        });
    REQUIRE(listener);
    // Both are loopback's: the one that is named last is tried first.
    Dialer dialer(**loop, {(*listener)->addresses().back(), silent.address}, "here",
                  hello_of(0, (*listener)->secret()),
                  [&](std::unique_ptr<Stream> stream) {
                      ours = std::move(stream);
                      (*loop)->stop();
                  });
    (*loop)->after(too_long, [&] { (*loop)->stop(); });
    (*loop)->run();
    REQUIRE(ours);
    CHECK_FALSE(dialer.met_silence());
    const Fd other = silent.accepted();
    REQUIRE(other);
    const timeval patience{5, 0};
    ::setsockopt(other.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char bytes[4096];
    long got = 0;
    while ((got = ::recv(other.get(), bytes, sizeof bytes, 0)) > 0) {
    }
    CHECK(got == 0); // its end, after our hello
}

TEST_CASE("a peer that is there and says nothing is told from nobody") {
    auto loop = Loop::create();
    REQUIRE(loop);
    for (const bool is_there : {true, false}) {
        auto silent = std::make_unique<Silent>();
        const std::string address = silent->address;
        if (!is_there) silent.reset();
        bool is_done = false;
        Dialer dialer(**loop, {address}, "here", hello_of(0, "5ec3e7"),
                      [&](const std::unique_ptr<Stream> &stream) {
                          CHECK_FALSE(stream);
                          is_done = true;
                          (*loop)->stop();
                      });
        (*loop)->run();
        CHECK(is_done);
        CHECK(dialer.met_silence() == is_there);
    }
}
