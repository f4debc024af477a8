#include "pxlaunch/drive/stdin.h"
#include "pxlaunch/drive/stdin_terminal.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace px;
using namespace px::drive;
using namespace std::chrono_literals;

namespace {

struct Pumped {
    explicit Pumped(int fd, bool answer = true) : answer_(answer) {
        loop = std::move(Loop::create()).value();
        loop->after(20s, [this] { loop->stop(); });
        pump = std::make_unique<StdinPump>(*loop, fd, [this](std::string bytes) {
            ++chunks;
            if (bytes.empty()) ++ends;
            if (bytes.empty()) loop->stop();
            text += bytes;
            if (answer_) loop->post([this] { pump->sent(); });
        });
    }

    std::unique_ptr<Loop> loop;
    std::unique_ptr<StdinPump> pump;
    std::string text;
    int chunks = 0, ends = 0;

  private:
    bool answer_;
};

void feed(const Fd &fd, std::size_t size) {
    (void)write_all(fd.get(), std::string(size, 'x'));
}

} // namespace

TEST_CASE("files, pipes and devices are read to their end, which comes once") {
    const Temporary temporary;
    temporary.write("input", std::string(1'000'000, 'x'));
    const Fd file(::open(temporary.path("input").c_str(), O_RDONLY | O_CLOEXEC));
    Pumped from_file(file.get());
    from_file.pump->start();
    from_file.loop->run();
    CHECK(from_file.text.size() == 1'000'000);
    CHECK(from_file.ends == 1);
    CHECK(from_file.pump->ended());

    auto pipe = std::move(make_pipe()).value();
    std::thread writer([&] {
        feed(pipe.write, 1'000'000);
        pipe.write.reset();
    });
    Pumped from_pipe(pipe.read.get());
    from_pipe.pump->start();
    from_pipe.loop->run();
    writer.join();
    CHECK(from_pipe.text.size() == 1'000'000);
    CHECK(from_pipe.ends == 1);

    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const int fd : {null.get(), 987}) { // the second is closed
        Pumped empty(fd);
        empty.pump->start();
        empty.loop->run();
        CHECK(empty.text.empty());
        CHECK(empty.ends == 1);
    }
}

TEST_CASE("nothing is read before the start or after the stop") {
    auto pipe = std::move(make_pipe()).value();
    feed(pipe.write, 10);
    Pumped pumped(pipe.read.get());
    pumped.loop->after(20ms, [&] {
        CHECK(pumped.chunks == 0);
        pumped.pump->start();
    });
    pumped.loop->after(60ms, [&] {
        CHECK(pumped.text.size() == 10);
        pumped.pump->stop();
        feed(pipe.write, 10);
    });
    pumped.loop->after(100ms, [&] { pumped.loop->stop(); });
    pumped.loop->run();
    CHECK(pumped.text.size() == 10);
    CHECK(pumped.ends == 0);
}

TEST_CASE("no more than eight chunks wait for their answers") {
    const Temporary temporary;
    temporary.write("input", std::string(20 * StdinPump::chunk, 'x'));
    const Fd file(::open(temporary.path("input").c_str(), O_RDONLY | O_CLOEXEC));
    Pumped pumped(file.get(), false);
    pumped.pump->start();
    pumped.loop->after(50ms, [&] {
        CHECK(pumped.chunks == StdinPump::most_outstanding);
        pumped.pump->sent();
        pumped.pump->sent();
    });
    pumped.loop->after(100ms, [&] { pumped.loop->stop(); });
    pumped.loop->run();
    CHECK(pumped.chunks == StdinPump::most_outstanding + 2);
    CHECK(pumped.text.size() ==
          static_cast<std::size_t>(pumped.chunks) * StdinPump::chunk);
}

TEST_CASE("the shared description stays as it is") {
    auto pipe = std::move(make_pipe()).value();
    Pumped pumped(pipe.read.get());
    pumped.pump->start();
    CHECK((::fcntl(pipe.read.get(), F_GETFL) & O_NONBLOCK) == 0);
}

// In a child with a terminal of its own, in whose background it puts itself; its status
// says which check failed.
static int background_child(int slave) {
    ::setsid();
    if (::ioctl(slave, TIOCSCTTY, 0) != 0) return 1;
    ::signal(SIGTTOU, SIG_IGN);
    ::signal(SIGTTIN, SIG_IGN);
    // Another group, which gets the terminal; it ends when its pipe closes.
    auto stay = std::move(make_pipe()).value();
    const pid_t other = ::fork();
    if (other == 0) {
        stay.write.reset();
        char byte = 0;
        (void)!::read(stay.read.get(), &byte, 1);
        ::_exit(0);
    }
    ::setpgid(other, other);
    if (::tcsetpgrp(slave, other) != 0) return 2;
    Pumped pumped(slave);
    pumped.pump->start();
    bool quiet = false;
    pumped.loop->after(100ms, [&] {
        quiet = pumped.chunks == 0;
        ::tcsetpgrp(slave, ::getpgrp());
        pumped.pump->resume();
    });
    pumped.loop->after(300ms, [&] { pumped.loop->stop(); });
    pumped.loop->run();
    stay.write.reset();
    ::waitpid(other, nullptr, 0);
    if (!quiet) return 3;
    return pumped.text == "typed\n" && pumped.ends == 0 ? 0 : 4;
}

TEST_CASE("a terminal is read only in its foreground") {
    int master = -1, slave = -1;
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
    const Fd master_end(master), slave_end(slave);
    REQUIRE(write_all(master, "typed\n"));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(background_child(slave));
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("no terminal, no raw mode; a terminal's size") {
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto none = RawTerminal::of(null.get());
    REQUIRE_FALSE(none);
    CHECK(none.error().what == "--pty: standard input is not a terminal");
    CHECK(none.error().hint == "leave --pty out, or run pxlaunch in a terminal");
    CHECK_FALSE(window_size(null.get()));
    int master = -1, slave = -1;
    winsize size{24, 80, 0, 0};
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, &size) == 0);
    const Fd master_end(master), slave_end(slave);
    CHECK(window_size(slave)->rows == 24);
    CHECK(window_size(slave)->columns == 80);
}

static int raw_child(int slave) {
    ::setsid();
    if (::ioctl(slave, TIOCSCTTY, 0) != 0) return 1;
    termios before{}, inside{}, after{};
    ::tcgetattr(slave, &before);
    {
        auto terminal = std::move(RawTerminal::of(slave)).value();
        terminal.enter();
        ::tcgetattr(slave, &inside);
    }
    ::tcgetattr(slave, &after);
    if ((inside.c_lflag & (ICANON | ECHO | ISIG)) != 0) return 2;
    return before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag ? 0 : 3;
}

TEST_CASE("raw mode ends with its owner") {
    int master = -1, slave = -1;
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
    const Fd master_end(master), slave_end(slave);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(raw_child(slave));
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
}
