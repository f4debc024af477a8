// inside.cpp - codes of words, and the guard of one rank.
#include "wrapper/inside.h"

#include "wrapper/container/join.h"
#include "wrapper/container/state.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

constexpr std::string_view coded_variable = "PXWRAP_CODED_"; // and a number

bool is_plain(char byte) { return static_cast<signed char>(byte) >= 0; }

bool is_ascii(const std::string &word) {
    return std::all_of(word.begin(), word.end(), is_plain);
}

// Ends as the rank did: engines tell their callers so.
[[noreturn]] void end_like(int status) {
    if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
    const rlimit none{0, 0}; // a core of the guard is of no use
    ::setrlimit(RLIMIT_CORE, &none);
    ::signal(WTERMSIG(status), SIG_DFL);
    sigset_t all;
    sigfillset(&all);
    ::raise(WTERMSIG(status));
    ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
    ::_exit(128 + WTERMSIG(status));
}

void end_with(pid_t child) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) end_like(status);
}

// Signals for the engine's container are the rank's.
void hand_on(int signals, pid_t child) {
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) ::kill(child, static_cast<int>(info.ssi_signo));
    }
}

[[noreturn]] void guard_child(pid_t child, int client, int signals) {
    for (;;) {
        pollfd waits[] = {{client, POLLIN, 0}, {signals, POLLIN, 0}};
        ::poll(waits, 2, -1); // a rank runs as long as it likes
        if (waits[1].revents != 0) hand_on(signals, child);
        end_with(child);
        if (waits[0].revents != 0) ::kill(child, SIGKILL);
        if (waits[0].revents != 0) ::_exit(128 + SIGKILL);
    }
}

} // namespace

std::string coded(const std::string &word) {
    std::string text;
    for (const char byte : word) {
        if (is_plain(byte) && byte != '%')
            text += byte;
        else
            text += fmt::format("%{:02x}", static_cast<unsigned char>(byte));
    }
    return text;
}

Result<std::string> decoded(const std::string &word) {
    std::string bytes;
    for (std::size_t at = 0; at < word.size(); ++at) {
        if (word[at] != '%') {
            bytes += word[at];
            continue;
        }
        const auto digits = word.substr(at + 1, 2);
        char *end = nullptr;
        const long value = std::strtol(digits.c_str(), &end, 16);
        if (digits.size() != 2 || *end != '\0')
            return usage_error(fmt::format("{} is not coded", named(word)));
        bytes += static_cast<char>(value);
        at += 2;
    }
    return bytes;
}

Result<job::Environment> with_decoded(const job::Environment &environment) {
    job::Environment plain;
    for (const auto &entry : environment) {
        if (!entry.starts_with(coded_variable)) plain.push_back(entry);
    }
    for (const auto &entry : environment) {
        if (!entry.starts_with(coded_variable)) continue;
        const auto bytes = PX_TRY(decoded(entry.substr(entry.find('=') + 1)));
        const auto equals = bytes.find('=');
        if (equals == std::string::npos)
            return usage_error(fmt::format("{} is no coded variable", named(entry)));
        job::set_variable(plain, bytes.substr(0, equals), bytes.substr(equals + 1));
    }
    return plain;
}

std::string this_process() {
    return fmt::format("{}:{}", ::getpid(), container::start_of(::getpid()).value_or(0));
}

Result<engines::Request> with_help(const engines::Engine &engine,
                                   engines::Request request) {
    const bool is_strange =
        !std::all_of(request.argv.begin(), request.argv.end(), is_ascii) ||
        !std::all_of(request.env.begin(), request.env.end(), is_ascii);
    const bool is_text = engine.is_text && is_strange;
    // The image's search path is known inside alone.
    if (!engine.outlives && !is_text && !request.injected) return request;
    request.mounts.push_back(
        {PX_TRY(container::this_program()), engines::keeper_program});
    // Nothing that the rank's environment says is meant for this pxwrap.
    std::vector<std::string> argv = {engines::keeper_program, "--no-container",
                                     "--coded"};
    if (engine.outlives) argv.insert(argv.end(), {"--guard", this_process()});
    if (!request.path.empty()) argv.insert(argv.end(), {"--path", request.path});
    if (request.injected)
        argv.insert(argv.end(), {"--search-first", engines::injected_folder});
    // In the environment: arguments are for all on the node to see.
    int codes = 0;
    for (auto &entry : request.env) {
        if (!is_ascii(entry))
            entry = fmt::format("{}{}={}", coded_variable, codes++, coded(entry));
    }
    argv.emplace_back("--");
    for (const auto &word : request.argv) argv.push_back(coded(word));
    request.argv = std::move(argv);
    return request;
}

Error run_guarded(const std::string &guard, const std::function<int()> &become) {
    int pid = 0;
    container::Keeper client;
    if (std::sscanf(guard.c_str(), "%d:%llu", &pid, &client.started) != 2)
        return usage_error(
            fmt::format("--guard: expected PID:START, got {}", named(guard)));
    client.pid = pid;
    const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle || !container::is_alive(client)) {
        return cannot_run(
            "the engine's client that this container belongs to is not to be "
            "seen from inside",
            "has it ended, or does the engine run on another machine?");
    }
    sigset_t all, before;
    sigfillset(&all);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTTOU, SIGTTIN, SIGTSTP})
        sigdelset(&all, own);
    ::sigprocmask(SIG_BLOCK, &all, &before);
    const Fd signals(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    const pid_t child = ::fork();
    if (child < 0 || !signals) return start_error("cannot start the rank", errno);
    if (child > 0) guard_child(child, handle.get(), signals.get());
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::_exit(become());
}

} // namespace px::wrapper
