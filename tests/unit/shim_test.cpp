#include "temporary.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/frames.h"
#include "pxlaunch/channel/listener.h"
#include "pxlaunch/channel/messages.h"
#include "wrapper/shim.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

using namespace px;

namespace {

// Until the shim leaves; USR1 is a TERM for it. `and_shim`: it has one, too, when it has
// already seen its rank end.
void run(Loop &loop, wrapper::Shim &shim, bool and_shim = false) {
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigaddset(&ends, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &ends, &before);
    const Fd signals(::signalfd(-1, &ends, SFD_CLOEXEC));
    loop.watch(signals.get(), EPOLLIN, [&](std::uint32_t) {
        signalfd_siginfo info{};
        REQUIRE(::read(signals.get(), &info, sizeof info) == sizeof info);
        if (info.ssi_signo == SIGUSR1) return shim.on_signal(SIGTERM);
        shim.on_signal(SIGCHLD);
        if (and_shim) shim.on_signal(SIGTERM);
    });
    shim.begin(::getpid());
    loop.run();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

channel::Assignment assigned(const char *script) {
    channel::Assignment assignment;
    assignment.directory = "/";
    assignment.path = "/bin:/usr/bin";
    assignment.argv = {"sh", "-c", script};
    return assignment;
}

// What a shim of Slurm's reports of a rank that runs `script`.
channel::Ended reported(const char *script, bool and_shim = false) {
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
    channel::Assignment assignment = assigned(script);
    assignment.secret = (*listener)->secret();
    assignment.host = host;
    assignment.addresses = (*listener)->addresses();
    assignment.must_reach = true;
    wrapper::Shim shim(**loop, assignment, hello, {});
    run(**loop, shim, and_shim);
    REQUIRE(ended);
    return *ended;
}

} // namespace

TEST_CASE("a rank that has its TERM before its shim has one is ended by the runtime") {
    const auto ended = reported("kill -TERM $$", true);
    CHECK(ended.end.signal == SIGTERM);
    CHECK(ended.by_runtime);
}

TEST_CASE("a rank that alone has a TERM ends by itself") {
    const auto ended = reported("kill -TERM $$");
    CHECK(ended.end.signal == SIGTERM);
    CHECK_FALSE(ended.by_runtime);
}

TEST_CASE("a rank that Slurm has told to end has more time than PRRTE's half a second") {
    const auto ended = reported("trap 'sleep 1; exit 0' TERM; kill -USR1 $PPID; "
                                "while :; do sleep 0.1; done");
    CHECK(ended.end.signal == 0);
    CHECK(ended.end.exit_code == 0);
    CHECK_FALSE(ended.by_runtime); // it has succeeded
}

TEST_CASE("a rank that Slurm has told to end, and that fails, is ended by Slurm") {
    const auto ended = reported("trap 'exit 3' TERM; kill -USR1 $PPID; "
                                "while :; do sleep 0.1; done");
    CHECK(ended.end.exit_code == 3);
    CHECK(ended.by_runtime);
}

TEST_CASE("a rank that is killed may be so with its shim, who waits for that a moment") {
    const auto begin = Clock::now();
    const auto ended = reported("kill -KILL $$");
    CHECK(ended.end.signal == SIGKILL);
    CHECK_FALSE(ended.by_runtime);
    CHECK(Clock::now() - begin >= std::chrono::milliseconds(200));
}

TEST_CASE("a rank whose shim reaches nobody knows its job, as Open MPI 4.1 has to") {
    const Temporary here;
    auto loop = Loop::create();
    REQUIRE(loop);
    const std::string script = "env >" + here.path("env");
    channel::Assignment assignment = assigned(script.c_str());
    assignment.secret = "secret";
    assignment.size = 2;
    channel::Hello hello;
    hello.rank = 1;
    hello.nspace = "job";
    std::vector<Fd> own; // a bare rank has its shim's streams
    for (int fd = 0; fd < 3; ++fd) own.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ::dup2(null.get(), STDERR_FILENO); // where its reports go
    wrapper::Shim shim(**loop, assignment, hello, {});
    run(**loop, shim);
    for (int fd = 0; fd < 3; ++fd) ::dup2(own[static_cast<std::size_t>(fd)].get(), fd);
    const auto env = split(here.read("env"), '\n');
    for (const char *entry :
         {"PXLAUNCH_RANK=1", "PXLAUNCH_SIZE=2", "OMPI_COMM_WORLD_SIZE=2",
          "OMPI_MCA_schizo=^orte,slurm", "OMPI_MCA_hwloc_base_binding_policy=none"}) {
        CAPTURE(entry);
        CHECK(std::find(env.begin(), env.end(), entry) != env.end());
    }
    CHECK(std::any_of(env.begin(), env.end(), [](const auto &entry) {
        return entry.starts_with("PMI_FD="); // an MPI of the wrong kind is noticed
    }));
}
