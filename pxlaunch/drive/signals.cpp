// signals.cpp - names, blocking and reading of signals.
#include "pxlaunch/drive/signals.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
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

std::string upper(std::string text) {
    for (char &c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

Error unknown(const std::string &word) {
    std::vector<std::string> all;
    for (const Name &each : names) all.emplace_back(each.name);
    std::string plain = upper(word);
    if (plain.starts_with("SIG")) plain = plain.substr(3);
    const std::string near = nearest(plain, all);
    return usage_error(
        fmt::format("--forward-signals: unknown signal '{}'", word),
        fmt::format("{}write names or numbers, separated by commas, or 'none'",
                    near.empty() ? "" : fmt::format("did you mean '{}'? ", near)));
}

Result<int> parse_signal(const std::string &word) {
    if (const auto number = parse_number(word, 1000)) {
        if (*number >= 1 && *number <= SIGRTMAX) return static_cast<int>(*number);
        return usage_error(fmt::format("--forward-signals: there is no signal {}", word),
                           fmt::format("numbers are 1 to {}", SIGRTMAX));
    }
    std::string plain = upper(word);
    if (plain.starts_with("SIG")) plain = plain.substr(3);
    for (const Name &each : names) {
        if (plain == each.name) return each.number;
    }
    return unknown(word);
}

Result<void> check_forwardable(int signal, const std::string &word) {
    if (signal != SIGKILL && signal != SIGSTOP) return {};
    return usage_error(
        fmt::format("--forward-signals: '{}' cannot be forwarded, because no process can "
                    "catch it",
                    word),
        "use TERM or TSTP");
}

} // namespace

std::string signal_name(int signal) {
    for (const Name &each : names) {
        if (each.number == signal) return fmt::format("SIG{}", each.name);
    }
    return fmt::format("signal {}", signal);
}

Result<std::vector<int>> parse_signals(const std::string &text) {
    std::vector<int> signals;
    if (text == "none") return signals;
    for (const std::string &word : split(text, ',')) {
        const int signal = PX_TRY(parse_signal(word));
        PX_TRY(check_forwardable(signal, word));
        if (std::find(signals.begin(), signals.end(), signal) == signals.end()) {
            signals.push_back(signal);
        }
    }
    return signals;
}

std::vector<int> default_forwarded() { return {SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT}; }

Result<std::unique_ptr<Signals>> Signals::block(const std::vector<int> &forwarded) {
    std::unique_ptr<Signals> signals(new Signals);
    // CONT: stdin may be ours again. WINCH: of --pty. PIPE and TTIN become errors of the
    // write or read that caused them.
    std::vector<int> wanted = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
    wanted.insert(wanted.end(), forwarded.begin(), forwarded.end());
    sigset_t read_here, all;
    ::sigemptyset(&read_here);
    ::sigemptyset(&all);
    for (const int signal : wanted) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler == SIG_IGN) {
            signals->ignored_.push_back(signal);
        } else {
            ::sigaddset(&read_here, signal);
            ::sigaddset(&all, signal);
        }
    }
    ::sigaddset(&all, SIGPIPE);
    ::sigaddset(&all, SIGTTIN);
    signals->fd_ = Fd(::signalfd(-1, &read_here, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals->fd_) return system_error("cannot wait for signals", errno);
    ::pthread_sigmask(SIG_BLOCK, &all, &signals->original_);
    signals->blocked_ = all;
    return signals;
}

Signals::~Signals() {
    if (loop_ != nullptr) loop_->forget(fd_.get());
}

void Signals::deliver(Loop &loop, Handler handler) {
    loop_ = &loop;
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
