#include "pxlaunch/drive/output.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <csignal>
#include <fcntl.h>
#include <pty.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace px;
using namespace px::drive;
using namespace std::chrono_literals;

namespace {

std::vector<Writer> ranks(int np) {
    std::vector<Writer> all;
    for (int rank = 0; rank < np; ++rank) {
        all.push_back({.rank = rank, .local_rank = rank, .host = "n01"});
    }
    return all;
}

// A router whose stdout and stderr are pipes that the test reads.
struct Routed {
    explicit Routed(int np, job::Io io = {}, bool one_pipe = false) {
        ::signal(SIGPIPE, SIG_IGN);
        loop = std::move(Loop::create()).value();
        out = std::move(make_pipe()).value();
        err = std::move(make_pipe()).value();
        loop->after(20s, [this] { loop->stop(); }); // a test that hangs ends, and fails
        const OutputRouter::Where where{out.write.get(),
                                        one_pipe ? out.write.get() : err.write.get()};
        auto made = OutputRouter::create(
            *loop, io, ranks(np),
            {[this](std::size_t bytes) { drained += bytes; },
             [this](Channel channel) { broken.push_back(channel); },
             [this](const Error &error) { errors.push_back(error.what); }},
            where);
        if (made) {
            router = std::move(*made);
        } else {
            errors.push_back(made.error().what);
        }
    }
    ~Routed() { router.reset(); }

    void take(int rank, std::string_view bytes, Channel channel = Channel::out) {
        router->take(0, rank, channel, bytes);
    }
    // Everything up to now, as the readers of the pipes see it.
    void finish() {
        router->finish([this] {
            finished = true;
            loop->stop();
        });
        std::thread reader([this] { out_text = all_of(out); });
        std::thread other([this] { err_text = all_of(err); });
        loop->run();
        router.reset();
        out.write.reset();
        err.write.reset();
        reader.join();
        other.join();
    }
    static std::string all_of(const Pipe &pipe) {
        std::string text, buffer(1 << 16, '\0');
        for (;;) {
            const auto got = read_some(pipe.read.get(), buffer.data(), buffer.size());
            if (!got || *got <= 0) return text;
            text.append(buffer, 0, static_cast<std::size_t>(*got));
        }
    }

    std::unique_ptr<Loop> loop;
    Pipe out, err;
    std::unique_ptr<OutputRouter> router;
    std::size_t drained = 0;
    std::vector<Channel> broken;
    std::vector<std::string> errors;
    bool finished = false;
    std::string out_text, err_text;
};

std::string available(int fd) {
    std::string text(1 << 16, '\0');
    const ssize_t got = ::read(fd, text.data(), text.size());
    return text.substr(0, got > 0 ? static_cast<std::size_t>(got) : 0);
}

} // namespace

TEST_CASE("one rank: its bytes, at once, on its own stream") {
    Routed routed(1);
    routed.take(0, "abc");
    CHECK(available(routed.out.read.get()) == "abc");
    routed.take(0, "oops", Channel::err);
    routed.finish();
    CHECK(routed.finished);
    CHECK(routed.out_text.empty());
    CHECK(routed.err_text == "oops");
    CHECK(routed.drained == 7);
}

TEST_CASE("several ranks: an unfinished line is written after 100 ms") {
    Routed routed(2);
    routed.take(0, "password: ");
    CHECK(routed.router->pending() == 10);
    const auto start = Clock::now();
    routed.loop->watch(routed.out.read.get(), 1 /* EPOLLIN */, [&](std::uint32_t) {
        CHECK(available(routed.out.read.get()) == "password: ");
        routed.loop->stop();
    });
    routed.loop->run();
    CHECK(Clock::now() - start >= 100ms);
    routed.loop->forget(routed.out.read.get());
    CHECK(routed.router->pending() == 0);
    CHECK(routed.drained == 10);
}

TEST_CASE("the end of a rank writes its last line") {
    Routed routed(2);
    routed.take(0, "abc");
    routed.router->ended(0, 0);
    CHECK(available(routed.out.read.get()) == "abc");
}

TEST_CASE("stdout and stderr in one pipe share its lines") {
    Routed routed(2, {.tag = true}, true);
    routed.take(0, "a");
    routed.take(1, "b\n", Channel::err);
    routed.take(0, "a\n");
    routed.finish();
    CHECK(routed.out_text == "1: b\n0: aa\n");
}

TEST_CASE("stderr may be merged; children have two numbers; time stamps") {
    Routed merged(2, {.tag = true, .merge_stderr = true});
    merged.take(1, "b\n", Channel::err);
    merged.router->take(2, 0, Channel::out, "c\n");
    merged.finish();
    CHECK(merged.out_text == "1: b\n2.0: c\n");
    CHECK(merged.err_text.empty());

    Routed stamped(1, {.tag = true, .timestamp = true});
    stamped.take(0, "x\n");
    stamped.finish();
    CHECK(stamped.out_text.size() ==
          std::string("2025-01-31T12:34:56.789 0: x\n").size());
    CHECK(stamped.out_text.substr(10, 1) == "T");
    CHECK(stamped.out_text.substr(19, 1) == ".");
    CHECK(stamped.out_text.ends_with(" 0: x\n"));
}

TEST_CASE("our own lines stand between theirs, on stderr") {
    Routed routed(2, {.tag = true});
    routed.take(0, "half", Channel::err);
    routed.router->ended(0, 0);
    routed.router->message("pxlaunch: hello");
    routed.finish();
    CHECK(routed.err_text == "0: half\npxlaunch: hello\n");
}

TEST_CASE("a slow reader: nothing is lost, nobody waits, bytes count when written") {
    for (const bool tag : {false, true}) {
        Routed routed(2, {.tag = tag});
        std::string expected;
        std::size_t bytes = 0;
        for (int i = 0; i < 20'000; ++i) {
            const std::string line = "line " + std::to_string(i) + '\n';
            routed.take(i % 2, line);
            expected += (tag ? std::to_string(i % 2) + ": " : "") + line;
            bytes += line.size();
        }
        CHECK(routed.router->pending() > 0);
        CHECK(routed.drained + routed.router->pending() == bytes);
        CHECK((::fcntl(routed.out.write.get(), F_GETFL) & O_NONBLOCK) == 0);
        routed.finish();
        CHECK(routed.finished);
        CHECK(routed.drained == bytes);
        CHECK((routed.out_text == expected)); // too long to print
    }
}

TEST_CASE("a reader that has gone") {
    Routed routed(1);
    routed.out.read.reset();
    routed.take(0, "abc");
    routed.take(0, "def");
    CHECK(routed.broken == std::vector{Channel::out});
    CHECK(routed.router->broken(Channel::out));
    CHECK_FALSE(routed.router->broken(Channel::err));
    CHECK(routed.drained == 6);
    CHECK(routed.errors.empty());
}

TEST_CASE("a reader that goes while bytes wait for it") {
    Routed routed(1);
    const std::string much(1 << 20, 'x');
    routed.take(0, much);
    CHECK(routed.router->pending() > 0);
    routed.out.read.reset();
    routed.router->finish([&] { routed.loop->stop(); });
    routed.loop->run();
    CHECK(routed.broken == std::vector{Channel::out});
    CHECK(routed.drained == much.size());
}

TEST_CASE("a full device is named once") {
    ::signal(SIGPIPE, SIG_IGN);
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    auto loop = std::move(Loop::create()).value();
    std::vector<Error> errors;
    std::size_t drained = 0;
    auto router =
        std::move(OutputRouter::create(
                      *loop, {}, ranks(2),
                      {[&](std::size_t bytes) { drained += bytes; },
                       {},
                       [&](Error error) { errors.push_back(std::move(error)); }},
                      {full.get(), null.get()}))
            .value();
    router->take(0, 0, Channel::out, "abc\n");
    router->take(0, 0, Channel::out, "abc\n");
    router->take(0, 0, Channel::err, "abc\n");
    CHECK(drained == 12);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].what == "cannot write standard output: no space left on device");
    CHECK(errors[0].hint == "the rest of its output is lost");
}

TEST_CASE("sockets and terminals are written without waiting, too") {
    ::signal(SIGPIPE, SIG_IGN);
    int pair[2], master = -1, slave = -1;
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
    for (const auto &[write_end, read_end] :
         {std::pair{pair[0], pair[1]}, {slave, master}}) {
        const Fd writer(write_end), reader(read_end);
        auto loop = std::move(Loop::create()).value();
        auto router = std::move(OutputRouter::create(*loop, {}, ranks(1), {},
                                                     {writer.get(), writer.get()}))
                          .value();
        const std::string much(3 << 20, 'x');
        router->take(0, 0, Channel::out, much); // would hang here if it waited
        CHECK(router->pending() > 0);
        std::size_t seen = 0;
        std::thread thread([&, fd = reader.get()] {
            while (seen < much.size()) seen += available(fd).size();
        });
        router->finish([&] { loop->stop(); });
        loop->run();
        thread.join();
        CHECK(router->pending() == 0);
        CHECK(seen == much.size());
        CHECK((::fcntl(writer.get(), F_GETFL) & O_NONBLOCK) == 0);
    }
}

TEST_CASE("--output: files are made at the start, nothing goes to our own stdout") {
    const Temporary temporary;
    temporary.write("0.out", "old");
    Routed routed(2, {.files = temporary.path() + "/"});
    for (const char *name : {"0.out", "0.err", "1.out", "1.err"})
        CHECK(temporary.has(name));
    CHECK(temporary.read("0.out").empty());
    routed.take(0, "abc");
    routed.take(1, "oops\n", Channel::err);
    routed.router->take(1, 0, Channel::out, "child");
    routed.finish();
    CHECK(temporary.read("0.out") == "abc");
    CHECK(temporary.read("1.err") == "oops\n");
    CHECK(temporary.read("1.0.out") == "child");
    CHECK(routed.out_text.empty());
    CHECK(routed.err_text.empty());
    CHECK(routed.drained == 13);
}

TEST_CASE("--output: ranks with one name share the file by line") {
    const Temporary temporary;
    Routed routed(2, {.files = temporary.path("%h.%j.txt")});
    CHECK_FALSE(temporary.has("n01.J.txt"));
    REQUIRE(routed.router->placed(ranks(2), "J"));
    CHECK(temporary.has("n01.J.txt"));
    routed.take(0, "a");
    routed.take(1, "b\n", Channel::err);
    routed.take(0, "a\n");
    routed.finish();
    CHECK(temporary.read("n01.J.txt") == "b\naa\n");
}

TEST_CASE("--output: a directory that cannot be made is an error at the start") {
    const Routed routed(2, {.files = "/proc/none/"});
    CHECK(routed.errors ==
          std::vector<std::string>{"--output: cannot make the directory '/proc/none': no "
                                   "such file or directory"});
}
