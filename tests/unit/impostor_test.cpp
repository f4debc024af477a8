#include "pxlaunch/base/fd.h"
#include "pxlaunch/channel/errand.h"
#include "pxlaunch/channel/frames.h"
#include "pxlaunch/channel/messages.h"
#include "wrapper/errand.h"

#include "temporary.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>

using namespace px;

namespace {

const std::string secret(32, '5'), token = "0123456789abcdef0123456789abcdef";

// Whoever has the port at which an errand reports. It welcomes the errand at its hello,
// and orders a srun in the same breath.
class Port {
  public:
    Port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in us{};
        us.sin_family = AF_INET;
        us.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof us;
        auto *address = reinterpret_cast<sockaddr *>(&us);
        REQUIRE(::bind(socket_.get(), address, size) == 0);
        REQUIRE(::listen(socket_.get(), 4) == 0);
        REQUIRE(::getsockname(socket_.get(), address, &size) == 0);
        port_ = ntohs(us.sin_port);
    }
    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(port_);
    }
    // Until the errand hangs up, or has told what only pxrec may know.
    void welcome(const std::string &body, const std::string &order) {
        const Fd peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const timeval patience{20, 0};
        ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        char bytes[65536];
        while (true) {
            const auto got = ::recv(peer.get(), bytes, sizeof bytes, 0);
            hung_up = got == 0 || (got < 0 && errno == ECONNRESET);
            if (got <= 0) return;
            reader_.add({bytes, static_cast<std::size_t>(got)});
            while (auto frame = reader_.next()) heard.push_back(std::move(*frame));
            if (heard.size() == 1) {
                std::string words;
                channel::append_frame(words, channel::Kind::welcome, body);
                channel::append_frame(words, channel::Kind::order, order);
                ::send(peer.get(), words.data(), words.size(), MSG_NOSIGNAL);
            }
            if (!heard.empty() && heard.back().kind == channel::Kind::over) return;
        }
    }

    std::vector<channel::Frame> heard;
    bool hung_up = false;

  private:
    Fd socket_;
    int port_ = 0;
    channel::FrameReader reader_;
};

// An errand is a process of its own: what it does to this one is undone.
class Undone {
  public:
    Undone() {
        ::sigprocmask(SIG_SETMASK, nullptr, &mask_);
        ::sigaction(SIGPIPE, nullptr, &pipe_);
    }
    Undone(const Undone &) = delete;
    Undone &operator=(const Undone &) = delete;
    // A thread that takes no signal: one that does would take the errand's.
    template <class Run>
    std::thread beside(Run run) const {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
        std::thread thread(run);
        ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
        return thread;
    }
    ~Undone() {
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
        ::sigaction(SIGPIPE, &pipe_, nullptr);
    }

  private:
    sigset_t mask_{};
    struct sigaction pipe_ {};
};

struct Errand {
    Temporary home;
    Port port;
    Result<void> end;
    explicit Errand(const std::string &body) {
        home.write("srun", "#!/bin/sh\n[ \"$1\" = --mpi=list ] || : >\"$1\"\n");
        REQUIRE(::chmod(home.path("srun").c_str(), 0755) == 0);
        char host[256] = "";
        ::gethostname(host, sizeof host - 1);
        const channel::Caller caller{secret, token, host, {port.address()}};
        const std::string order =
            text_of(channel::SrunOrder{1, {"srun", home.path("ran")}, {"PATH=/bin"}, ""});
        const Undone undone;
        std::thread other = undone.beside([&] { port.welcome(body, order); });
        end = wrapper::run_errand(
            {"PATH=" + home.path(), "PRIVATE=treasure",
             std::string(channel::caller_variable) + "=" + text_of(caller)});
        other.join();
    }
    [[nodiscard]] bool has_run() const { return home.has("ran"); }
    [[nodiscard]] bool has_told(std::string_view word) const {
        for (const auto &frame : port.heard)
            if (frame.body.find(word) != std::string::npos) return true;
        return false;
    }
};

} // namespace

TEST_CASE("an errand obeys who shows the token that came with it") {
    const Errand errand(token);
    CHECK(errand.end);
    CHECK(errand.has_told("PRIVATE=treasure"));
    CHECK(errand.has_run());
}

TEST_CASE("an errand tells an impostor nothing but its hello, and does nothing for it") {
    for (const auto &body :
         {std::string(), secret, token.substr(1), token.substr(0, 31), token + '0',
          token + '\0', "1" + token.substr(1), std::string(32, '\0')}) {
        CAPTURE(body);
        const Errand errand(body);
        REQUIRE_FALSE(errand.end);
        CHECK(errand.end.error().what ==
              "at pxrec's port somebody else answers, who does not know the token that "
              "pxrec gave to this errand: nothing is run for them");
        CHECK(errand.end.error().hint.find("start the script again") !=
              std::string::npos);
        CHECK(errand.port.hung_up);
        REQUIRE(errand.port.heard.size() == 1);
        CHECK(errand.port.heard[0].kind == channel::Kind::hello);
        CHECK_FALSE(errand.has_told("treasure"));
        CHECK_FALSE(errand.has_told(token));
        CHECK_FALSE(errand.has_run());
    }
}
