// run_shim.cpp - the shim's process: its loop, the signals that the runtime sends, and
// the runtime's own end.
#include "wrapper/shim.h"

#include <csignal>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

Result<Fd> take_signals() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    Fd fd(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) return system_error("cannot wait for signals", errno);
    return fd;
}

void watch_signals(Loop &loop, int fd, Shim &shim) {
    loop.watch(fd, EPOLLIN, [fd, &shim](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(fd, &info, sizeof info) == sizeof info) {
            shim.on_signal(static_cast<int>(info.ssi_signo));
        }
    });
}

// The daemon that started us. Linux 5.3; before, its end goes unnoticed here.
Fd watch_runtime(Loop &loop, Shim &shim) {
    Fd daemon(static_cast<int>(::syscall(SYS_pidfd_open, ::getppid(), 0)));
    if (!daemon) return daemon;
    const int fd = daemon.get();
    loop.watch(fd, EPOLLIN, [&loop, fd, &shim](std::uint32_t) {
        loop.forget(fd);
        shim.on_runtime_gone();
    });
    return daemon;
}

} // namespace

Result<void> run_shim(channel::Assignment assignment, std::vector<std::string> argv,
                      std::vector<std::string> environment) {
    const Fd signals = PX_TRY(take_signals());
    const auto loop = PX_TRY(Loop::create());
    Shim shim(*loop, std::move(assignment), std::move(argv), std::move(environment));
    watch_signals(*loop, signals.get(), shim);
    const Fd runtime = watch_runtime(*loop, shim);
    shim.begin();
    loop->run();
    return {};
}

} // namespace px::wrapper
