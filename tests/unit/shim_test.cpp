#include "pxlaunch/channel/frames.h"
#include "pxlaunch/channel/listener.h"
#include "pxlaunch/channel/messages.h"
#include "wrapper/shim.h"

#include <doctest/doctest.h>

#include <csignal>
#include <optional>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

using namespace px;

namespace {

// What a shim reports of a rank that TERM ends. `and_shim`: the shim has one, too, when
// it has already seen that.
channel::Ended reported(bool and_shim) {
    auto loop = Loop::create();
    REQUIRE(loop);
    std::unique_ptr<channel::Stream> judge;
    std::optional<channel::Ended> ended;
    const auto on_frame = [&](const channel::Frame &frame) {
        if (frame.kind == channel::Kind::done) return judge.reset();
        if (frame.kind != channel::Kind::ended) return;
        ended = channel::read_ended(frame.body);
        judge->send(channel::Kind::release);
    };
    const auto listener = channel::Listener::open(
        **loop, [&](std::unique_ptr<channel::Stream> stream, const channel::Hello &) {
            judge = std::move(stream);
            judge->handle({on_frame, [](int) {}, {}});
            judge->send(channel::Kind::welcome);
            judge->send(channel::Kind::go);
        });
    REQUIRE(listener);
    channel::Hello hello;
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    hello.host = host;
    channel::Assignment assignment;
    assignment.secret = (*listener)->secret();
    assignment.host = host;
    assignment.addresses = (*listener)->addresses();
    assignment.directory = "/";
    assignment.path = "/bin:/usr/bin";
    assignment.argv = {"sh", "-c", "kill -TERM $$"};
    assignment.must_reach = true;
    wrapper::Shim shim(**loop, assignment, hello, {});
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ends, &before);
    const Fd signals(::signalfd(-1, &ends, SFD_CLOEXEC));
    (*loop)->watch(signals.get(), EPOLLIN, [&](std::uint32_t) {
        signalfd_siginfo info{};
        REQUIRE(::read(signals.get(), &info, sizeof info) == sizeof info);
        shim.on_signal(SIGCHLD);
        if (and_shim) shim.on_signal(SIGTERM);
    });
    shim.begin(::getpid());
    (*loop)->run();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    REQUIRE(ended);
    return *ended;
}

} // namespace

TEST_CASE("a rank that has its TERM before its shim has one is ended by the runtime") {
    const auto ended = reported(true);
    CHECK(ended.end.signal == SIGTERM);
    CHECK(ended.by_runtime);
}

TEST_CASE("a rank that alone has a TERM ends by itself") {
    const auto ended = reported(false);
    CHECK(ended.end.signal == SIGTERM);
    CHECK_FALSE(ended.by_runtime);
}
