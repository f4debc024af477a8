#include "temporary.h"

#include "wrapper/container/state.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace px::wrapper::container;
using std::chrono::seconds;

namespace {

std::string note(int pid, unsigned long long started, const std::string &name = "") {
    return fmt::format("{} {} {}{}/{}", pid, started, name, '\0', '\n');
}

const std::string dead_keeper = note(2147483647, 1); // no pid is as high

} // namespace

TEST_CASE("the files of killed keepers are swept up, and no other") {
    const Temporary folder;
    const auto started = start_of(::getpid());
    REQUIRE(started);
    folder.write("dead", dead_keeper);
    folder.write("in podman's books", note(2147483647, 1, "pxwrap-k-7"));
    folder.write("reused", note(::getpid(), *started + 1));
    folder.write("never came up", "");
    folder.write("lives", note(::getpid(), *started));
    folder.write("has a rank", dead_keeper);
    const auto rank = State::open(folder.path("has a rank"), seconds(5));
    REQUIRE(rank);

    CHECK(sweep(folder.path()) == std::vector<std::string>{"pxwrap-k-7"});
    for (const char *name : {"dead", "in podman's books", "reused", "never came up"})
        CHECK(!folder.has(name));
    for (const char *name : {"lives", "has a rank"}) CHECK(folder.has(name));
    sweep(folder.path("none")); // and says nothing
}

TEST_CASE("no file is swept away under who opens it") {
    const Temporary folder;
    const pid_t sweeper = ::fork();
    if (sweeper == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // if it fails
        for (;;) sweep(folder.path());
    }
    for (int round = 0; round < 2000; ++round) {
        const auto rank = State::open(folder.path("key"), seconds(5));
        REQUIRE(rank);
        REQUIRE(folder.has("key"));
    }
    ::kill(sweeper, SIGKILL);
    ::waitpid(sweeper, nullptr, 0);
}

TEST_CASE("an engine that hangs is killed with its attendant, though a rank waits") {
    const Temporary folder;
    const auto rank = State::open(folder.path("key"), seconds(5));
    REQUIRE(rank);
    int ends[2];
    REQUIRE(::pipe(ends) == 0); // whose one end the engine holds as long as it lives
    const pid_t attendant = ::fork();
    if (attendant == 0) {
        ::setsid();
        ::_exit(attend_start(folder.path("key"), {"/bin/sleep", "60"}, seconds(0)));
    }
    int status = 0;
    ::waitpid(attendant, &status, 0);
    CHECK(WIFSIGNALED(status));
    ::close(ends[1]);
    pollfd engine{ends[0], POLLIN, 0};
    CHECK(::poll(&engine, 1, 5000) == 1);
    ::close(ends[0]);
    CHECK(!folder.has("key"));
}
