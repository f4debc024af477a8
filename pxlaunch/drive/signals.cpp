// signals.cpp - names, blocking and reading of signals.
#include "pxlaunch/drive/signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/signalfd.h>

namespace px::drive {

namespace {

struct Name {
    int number;
    const char *name;
};

constexpr Name names[] = {
    {SIGHUP, "HUP"},       {SIGINT, "INT"},   {SIGQUIT, "QUIT"},   {SIGILL, "ILL"},
    {SIGTRAP, "TRAP"},     {SIGABRT, "ABRT"}, {SIGBUS, "BUS"},     {SIGFPE, "FPE"},
    {SIGKILL, "KILL"},     {SIGUSR1, "USR1"}, {SIGSEGV, "SEGV"},   {SIGUSR2, "USR2"},
    {SIGPIPE, "PIPE"},     {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},   {SIGCHLD, "CHLD"},
    {SIGCONT, "CONT"},     {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"},   {SIGTTIN, "TTIN"},
    {SIGTTOU, "TTOU"},     {SIGURG, "URG"},   {SIGXCPU, "XCPU"},   {SIGXFSZ, "XFSZ"},
    {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"}, {SIGWINCH, "WINCH"}, {SIGIO, "IO"},
    {SIGPWR, "PWR"},       {SIGSYS, "SYS"}};

} // namespace

bool ends(int signal) {
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP;
}

std::string signal_name(int signal) {
    for (const Name &each : names) {
        if (each.number == signal) return fmt::format("SIG{}", each.name);
    }
    return fmt::format("signal {}", signal);
}

Result<std::unique_ptr<Signals>> Signals::block(const std::vector<int> &forwarded) {
    std::unique_ptr<Signals> signals(new Signals);
    // CONT: stdin may be ours again. WINCH: of --pty. PIPE and TTIN become errors of the
    // write or read that caused them.
    std::vector<int> wanted = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
    wanted.insert(wanted.end(), forwarded.begin(), forwarded.end());
    sigset_t read_here, ends_us, all;
    for (auto *set : {&read_here, &ends_us, &all}) ::sigemptyset(set);
    for (const int signal : wanted) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler == SIG_IGN) {
            signals->ignored_.push_back(signal);
        } else {
            ::sigaddset(&read_here, signal);
            ::sigaddset(&all, signal);
            if (ends(signal)) ::sigaddset(&ends_us, signal);
        }
    }
    ::sigaddset(&all, SIGPIPE);
    ::sigaddset(&all, SIGTTIN);
    signals->fd_ = Fd(::signalfd(-1, &read_here, SFD_CLOEXEC | SFD_NONBLOCK));
    signals->ending_ = Fd(::signalfd(-1, &ends_us, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals->fd_ || !signals->ending_)
        return system_error("cannot wait for signals", errno);
    ::pthread_sigmask(SIG_BLOCK, &all, &signals->original_);
    signals->blocked_ = all;
    return signals;
}

std::optional<int> Signals::read_ending() {
    signalfd_siginfo info{};
    const auto got = read_some(ending_.get(), &info, sizeof info);
    if (!got || *got != static_cast<long>(sizeof info)) return {};
    return static_cast<int>(info.ssi_signo);
}

void Signals::deliver(Loop &loop, Handler handler) {
    loop.watch(fd_.get(), EPOLLIN, [this, handler = std::move(handler)](std::uint32_t) {
        signalfd_siginfo info{};
        while (true) {
            const auto got = read_some(fd_.get(), &info, sizeof info);
            if (!got || *got != static_cast<long>(sizeof info)) return;
            handler(static_cast<int>(info.ssi_signo));
        }
    });
}

bool Signals::was_ignored(int signal) const {
    return std::find(ignored_.begin(), ignored_.end(), signal) != ignored_.end();
}

} // namespace px::drive
