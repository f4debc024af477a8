#include "pxlaunch/base/fd.h"
#include "rec/server/door.h"

#include <doctest/doctest.h>

#include <cstdio>

#include <arpa/inet.h>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace px;
using namespace px::server;

namespace {

sockaddr *generic(sockaddr_in &address) { return reinterpret_cast<sockaddr *>(&address); }

sockaddr_in name_of(int fd, int (*ask)(int, sockaddr *, socklen_t *) noexcept) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(ask(fd, generic(address), &size) == 0);
    return address;
}

Fd socket_of(int family) { return Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

// A listener on loopback whose clients are in the queue as soon as connect() returns.
struct Listener {
    Listener() {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd.get(), generic(any), sizeof any) == 0);
        REQUIRE(::listen(fd.get(), 8) == 0);
        address = name_of(fd.get(), ::getsockname);
    }
    [[nodiscard]] Fd connect() const {
        Fd client = socket_of(AF_INET);
        sockaddr_in to = address;
        REQUIRE(::connect(client.get(), generic(to), sizeof to) == 0);
        return client;
    }
    Fd fd = socket_of(AF_INET);
    sockaddr_in address{};
};

bool closed_soon(int fd) {
    pollfd wait{fd, POLLIN, 0};
    char byte = 0;
    return ::poll(&wait, 1, 10'000) == 1 && ::recv(fd, &byte, 1, 0) <= 0;
}

constexpr unsigned nobody = 65534;

// Runs `act` as another user in a process of its own; that process lives until the end.
class Stranger {
  public:
    explicit Stranger(const std::function<void()> &act) {
        auto done = std::move(make_pipe()).value();
        auto leave = std::move(make_pipe()).value();
        pid_ = ::fork();
        if (pid_ == 0) {
            leave.write.reset();
            if (::setuid(nobody) != 0) ::_exit(1);
            act();
            done.write.reset();
            char byte = 0;
            done.read.reset();
            (void)!::read(leave.read.get(), &byte, 1); // until our end closes
            ::_exit(0);
        }
        done.write.reset();
        pollfd wait{done.read.get(), POLLIN, 0};
        REQUIRE(::poll(&wait, 1, 10'000) == 1);
        leave_ = std::move(leave.write);
    }
    ~Stranger() {
        leave_.reset();
        ::waitpid(pid_, nullptr, 0);
    }
    Stranger(const Stranger &) = delete;
    Stranger &operator=(const Stranger &) = delete;

  private:
    pid_t pid_ = -1;
    Fd leave_;
};

} // namespace

namespace {
// As the Python tests say it, so that the count at the end knows of it.
void skip(const char *reason) { std::printf("SKIP %s\n", reason); }
} // namespace

TEST_CASE("the other end of a connection of our own is ours") {
    const Listener listener;
    const Fd client = listener.connect();
    const auto peer = name_of(client.get(), ::getsockname);
    CHECK(owner_of_peer(peer, listener.address) == ::geteuid());
}

TEST_CASE("where there is no such connection there is no owner") {
    const Listener listener;
    const Fd client = listener.connect();
    auto peer = name_of(client.get(), ::getsockname);
    auto elsewhere = listener.address;
    elsewhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    CHECK_FALSE(owner_of_peer(peer, elsewhere));
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    CHECK_FALSE(owner_of_peer(peer, listener.address));
}

TEST_CASE("our own connections come in, close-on-exec, and are not counted as refused") {
    const Listener listener;
    const unsigned before = refused_connections();
    const Fd client = listener.connect();
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const Fd served(::accept(listener.fd.get(), generic(from), &size));
    REQUIRE(served);
    CHECK(from.sin_port == name_of(client.get(), ::getsockname).sin_port);
    CHECK((::fcntl(served.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(::send(served.get(), "x", 1, 0) == 1);
    char byte = 0;
    CHECK(::recv(client.get(), &byte, 1, 0) == 1);
    CHECK(refused_connections() == before);
}

TEST_CASE("what is not IPv4 stays outside") {
    const Fd listener = socket_of(AF_UNIX), client = socket_of(AF_UNIX);
    sockaddr_un name{};
    name.sun_family = AF_UNIX; // an empty name: the kernel chooses an abstract one
    socklen_t size = sizeof(sa_family_t);
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr *>(&name), size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    size = sizeof name;
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&name), &size) ==
            0);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr *>(&name), size) == 0);
    const unsigned before = refused_connections();
    const Fd served(::accept(listener.get(), nullptr, nullptr));
    CHECK(closed_soon(served.get()));
    CHECK(closed_soon(client.get()));
    CHECK(refused_connections() == before + 1);
}

TEST_CASE("another user's connection is closed, and the next of ours comes in") {
    if (::geteuid() != 0) {
        return skip("only root can be two users");
    }
    const Listener listener;
    const unsigned before = refused_connections();
    Fd theirs; // stays open in the stranger's process
    const Stranger stranger([&] { theirs = listener.connect(); });
    const Fd refused(::accept(listener.fd.get(), nullptr, nullptr));
    CHECK(closed_soon(refused.get()));
    CHECK(refused_connections() == before + 1);
    const Fd client = listener.connect();
    const Fd served(::accept(listener.fd.get(), nullptr, nullptr));
    CHECK(::send(served.get(), "x", 1, 0) == 1);
    CHECK(refused_connections() == before + 1);
}

// The kernel says uid 0 of a socket whose owner has closed it: that must not be taken for
// root, who may be running this server.
TEST_CASE("another user who writes and closes at once is no friend of root") {
    if (::geteuid() != 0) {
        return skip("only root can be two users");
    }
    const Listener listener;
    const unsigned before = refused_connections();
    const Stranger stranger([&] {
        const Fd theirs = listener.connect();
        (void)write_all(theirs.get(), "words for the server");
    });
    const Fd served(::accept(listener.fd.get(), nullptr, nullptr));
    CHECK(closed_soon(served.get()));
    CHECK(refused_connections() == before + 1);
}
