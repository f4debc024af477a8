// run_shim.cpp - the two processes of a shim. The runtime knows the outer one, which
// hands on its signals; the inner one, in a process group of its own, does the work. Each
// ends what the rank left behind when the other is killed: runtimes that give up kill
// what they know, and processes that a rank started are not among that.
#include "wrapper/shim.h"

#include "pxlaunch/process/leftovers.h"

#include <csignal>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

constexpr int last_sweep_ms = 1000;

void block_signals(sigset_t &all) {
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

[[noreturn]] void stand_before(pid_t shim, const sigset_t &all) {
    for (;;) {
        const int number = ::sigwaitinfo(&all, nullptr);
        if (number > 0 && number != SIGCHLD) ::kill(shim, number);
        int status = 0;
        const pid_t ended = ::waitpid(shim, &status, WNOHANG);
        if (ended == 0 || (ended < 0 && errno == EINTR)) continue;
        process::kill_all_descendants(last_sweep_ms);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    }
}

// Returns in the inner process.
Result<void> fork_inner(const sigset_t &all) {
    process::become_subreaper();
    const pid_t shim = ::fork();
    if (shim < 0) return start_error("cannot start the shim of this rank", errno);
    if (shim > 0) stand_before(shim, all);
    ::setpgid(0, 0);
    return {};
}

Result<Fd> watch_signals(Loop &loop, const sigset_t &all, Shim &shim) {
    Fd signals(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) return system_error("cannot wait for signals", errno);
    const int fd = signals.get();
    loop.watch(fd, EPOLLIN, [fd, &shim](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(fd, &info, sizeof info) == sizeof info) {
            shim.on_signal(static_cast<int>(info.ssi_signo));
        }
    });
    return signals;
}

// Linux 5.3; before, a process that ends goes unnoticed here.
Fd watch_end(Loop &loop, pid_t pid, std::function<void()> ended) {
    Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle) return handle;
    const int fd = handle.get();
    loop.watch(fd, EPOLLIN, [&loop, fd, ended = std::move(ended)](std::uint32_t) {
        loop.forget(fd);
        ended();
    });
    return handle;
}

} // namespace

Result<void> run_shim(channel::Assignment assignment, channel::Hello hello,
                      std::vector<std::string> environment) {
    const pid_t runtime = ::getppid(), outer = ::getpid();
    sigset_t all;
    block_signals(all);
    PX_TRY(fork_inner(all));
    const auto loop = PX_TRY(Loop::create());
    Shim shim(*loop, std::move(assignment), std::move(hello), std::move(environment));
    const Fd signals = PX_TRY(watch_signals(*loop, all, shim));
    const Fd known = watch_end(*loop, outer, [&shim] { shim.on_outer_gone(); });
    const Fd daemon = watch_end(*loop, runtime, [&shim] { shim.on_runtime_gone(); });
    if (::getppid() != outer) return {};
    shim.begin(runtime);
    loop->run();
    return {};
}

} // namespace px::wrapper
