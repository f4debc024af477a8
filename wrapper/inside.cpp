// inside.cpp - codes of words, and the guard of one rank.
#include "wrapper/inside.h"

#include "wrapper/container/join.h"
#include "wrapper/container/state.h"
#include "wrapper/engines/words.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <dirent.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr seconds most_held{3};
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

// Signals for the engine's container are the rank's. A client that gets one before the
// container runs ends and leaves it as it is, so it gets them when `is_ready` says so; or
// late, for it may be fetching an image.
class Signals {
  public:
    Signals(int descriptor, pid_t child, std::function<bool()> is_ready)
        : descriptor_(descriptor), child_(child), is_ready_(std::move(is_ready)) {}

    void hand_on() {
        signalfd_siginfo info{};
        while (::read(descriptor_, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo != SIGCHLD)
                held_.push_back(static_cast<int>(info.ssi_signo));
        }
        if (held_.empty()) return;
        if (!since_) since_ = Clock::now();
        const bool is_late = Clock::now() - *since_ >= most_held;
        if (is_ready_ && !is_late && !is_ready_()) return;
        is_ready_ = nullptr;
        for (const int number : held_) ::kill(child_, number);
        held_.clear();
    }
    [[nodiscard]] bool are_held() const { return !held_.empty(); }
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
    pid_t child_;
    std::function<bool()> is_ready_; // none: always
    std::vector<int> held_;
    std::optional<Clock::time_point> since_;
};

// Its client is gone when `client` says so, which may be -1: it has none.
[[noreturn]] void guard_child(pid_t child, int client, seconds grace, Signals signals) {
    constexpr auto between_looks = 20ms;
    std::optional<Clock::time_point> until;
    for (;;) {
        pollfd waits[] = {{until ? -1 : client, POLLIN, 0},
                          {signals.descriptor(), POLLIN, 0}};
        // A rank runs as long as it likes.
        const bool looks = until || signals.are_held();
        ::poll(waits, 2, looks ? static_cast<int>(between_looks.count()) : -1);
        signals.hand_on();
        end_with(child);
        if (waits[0].revents != 0) until = Clock::now() + grace;
        if (until && Clock::now() >= *until) {
            ::kill(child, SIGKILL);
            ::_exit(128 + SIGKILL);
        }
    }
}

// Whether the first process of the container runs that belongs to the process of this
// word: with its pids, which the container shares.
bool has_container(const std::string &word) {
    const std::string first = std::string(engines::keeper_program) + '\0';
    const std::string mine = std::string("--guard") + '\0' + word + '\0';
    const std::unique_ptr<DIR, int (*)(DIR *)> list(::opendir("/proc"), ::closedir);
    while (const dirent *entry = list ? ::readdir(list.get()) : nullptr) {
        if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
        const auto line = read_file(fmt::format("/proc/{}/cmdline", entry->d_name));
        if (line && line->starts_with(first) && line->find(mine) != std::string::npos)
            return true;
    }
    return false;
}

// Runs `become` in a child, after `prepare`, and ends as that does.
Error guard(int client, seconds grace, const std::function<void()> &prepare,
            const std::function<int()> &become,
            const std::function<bool()> &is_ready = nullptr) {
    sigset_t all, before;
    sigfillset(&all);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTTOU, SIGTTIN, SIGTSTP})
        sigdelset(&all, own);
    ::signal(SIGCHLD, SIG_DFL); // ignored, it would hide how the child ends
    ::sigprocmask(SIG_BLOCK, &all, &before);
    const Fd signals(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    const pid_t child = ::fork();
    if (child < 0 || !signals) return start_error("cannot start the rank", errno);
    if (child > 0) guard_child(child, client, grace, {signals.get(), child, is_ready});
    prepare();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::_exit(become());
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
        {PX_TRY(container::this_program()), engines::keeper_program, false, true});
    // Nothing that the rank's environment says is meant for this pxwrap.
    std::vector<std::string> argv = {engines::keeper_program, "--no-container",
                                     "--coded"};
    if (engine.outlives) argv.insert(argv.end(), {"--guard", this_process()});
    if (!request.path.empty()) argv.insert(argv.end(), {"--path", request.path});
    if (request.injected)
        argv.insert(argv.end(), {"--search-first", engines::injected_folder});
    // In the environment: arguments are for all on the node to see. There the engine
    // would take some for its own.
    int codes = 0;
    for (auto &entry : request.env) {
        if (!is_ascii(entry) ||
            (engine.outlives && engines::is_of_engine(engines::name_of(entry))))
            entry = fmt::format("{}{}={}", coded_variable, codes++, coded(entry));
    }
    argv.emplace_back("--");
    for (const auto &word : request.argv) argv.push_back(coded(word));
    request.argv = std::move(argv);
    return request;
}

Error run_guarded(const std::string &word, const std::function<int()> &become) {
    int pid = 0, grace = 0;
    container::Keeper client;
    if (std::sscanf(word.c_str(), "%d:%llu:%d", &pid, &client.started, &grace) < 2)
        return usage_error(
            fmt::format("--guard: expected PID:START, got {}", named(word)));
    client.pid = pid;
    const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle || !container::is_alive(client)) {
        return cannot_run(
            "the engine's client that this container belongs to is not to be "
            "seen from inside",
            "has it ended, or does the engine run on another machine?");
    }
    // With a grace it is the client's own guard: without, that of the container's rank.
    const auto is_ready = [mine = word.substr(0, word.rfind(':'))] {
        return has_container(mine);
    };
    return guard(
        handle.get(), seconds(grace), [] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }, become,
        grace > 0 ? std::function<bool()>(is_ready) : nullptr);
}

Error run_apart(const std::function<int()> &become) {
    return guard(
        -1, seconds(0), [] { ::setsid(); }, become);
}

} // namespace px::wrapper
