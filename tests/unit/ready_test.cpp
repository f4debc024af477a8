#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/ready.h"

#include <doctest/doctest.h>

#include <fcntl.h>

using namespace px;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// What whoever waits is told about a server that wrote `message` and closed the pipe.
Result<ReadyServer> told(const std::string &message) {
    auto pipe = std::move(make_pipe()).value();
    REQUIRE(write_all(pipe.write.get(), message));
    pipe.write.reset();
    return await_ready(pipe.read.get(), {10s});
}

} // namespace

TEST_CASE("a server that is ready says where") {
    auto pipe = std::move(make_pipe()).value();
    const int write = pipe.write.release();
    tell_ready(write, ReadyServer{"pxrec.7;tcp4://127.0.0.1:4711", "/run/with blank\n"});
    CHECK(::fcntl(write, F_GETFD) < 0); // closed: the reader need not wait for our end
    const auto server = await_ready(pipe.read.get(), {10s});
    REQUIRE(server);
    CHECK(server->uri == "pxrec.7;tcp4://127.0.0.1:4711");
    CHECK(server->directory == "/run/with blank\n");
}

TEST_CASE("a server that cannot start hands over its own error") {
    auto pipe = std::move(make_pipe()).value();
    tell_ready(pipe.write.release(),
               Error{Exit::not_found, "no 'x'\nhere", "look for it"});
    const auto server = await_ready(pipe.read.get(), {10s});
    REQUIRE_FALSE(server);
    CHECK(server.error().exit == Exit::not_found);
    CHECK(server.error().what == "no 'x'\nhere");
    CHECK(server.error().hint == "look for it");
}

TEST_CASE("an error without a hint stays one, and a bad number becomes 125") {
    auto pipe = std::move(make_pipe()).value();
    tell_ready(pipe.write.release(), Error{Exit::usage, "wrong", ""});
    const auto plain = await_ready(pipe.read.get(), {10s});
    REQUIRE_FALSE(plain);
    CHECK(plain.error().exit == Exit::usage);
    CHECK(plain.error().hint.empty());

    const auto odd = told("error\0many\0what\0hint\0"s);
    REQUIRE_FALSE(odd);
    CHECK(odd.error().exit == Exit::cannot_run);
    CHECK(odd.error().what == "what");
}

TEST_CASE("a server that ends without a word, or within one, never started") {
    for (const auto &message : {""s, "ok\0"s, "ok\0tcp4://\0"s, "ok\0uri\0/direct"s,
                                "error\0125\0what\0"s, "hello\0a\0b\0c\0"s}) {
        CAPTURE(message);
        const auto server = told(message);
        REQUIRE_FALSE(server);
        CHECK(server.error().exit == Exit::cannot_run);
        CHECK(server.error().what == "the server ended while it was starting");
        CHECK(server.error().hint ==
              "its log may say why; 'pxrec probe' looks for the cause");
    }
}

TEST_CASE("a server that says nothing in time is given up") {
    auto pipe = std::move(make_pipe()).value();
    REQUIRE(write_all(pipe.write.get(), "ok\0half"s));
    for (const auto deadline : {30ms, 0ms}) {
        const auto server = await_ready(pipe.read.get(), {deadline});
        REQUIRE_FALSE(server);
        CHECK(server.error().exit == Exit::cannot_run);
        CHECK(server.error().what == (deadline == 0ms
                                          ? "the server did not start within 0 ms"
                                          : "the server did not start within 30 ms"));
        CHECK(server.error().hint ==
              "is this machine overloaded? --start-timeout allows more time");
    }
}
