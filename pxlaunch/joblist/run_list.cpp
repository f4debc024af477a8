// run_list.cpp - children and their ends.
#include "pxlaunch/joblist/run_list.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace px::joblist {

namespace {

constexpr std::size_t most_named = 10;

// In the child, where there is one thread. It ends its job when we are gone.
[[noreturn]] void become(const std::string &program, std::vector<char *> &argv,
                         pid_t parent, const sigset_t &mask) {
    ::setpgid(0, 0); // a Ctrl-C of the terminal is ours to pass on
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null = ::open("/dev/null", O_RDONLY);
    if (::getppid() != parent || null < 0 || ::dup2(null, 0) != 0) ::_exit(125);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::execv(program.c_str(), argv.data());
    ::_exit(125);
}

} // namespace

std::string text_of(const Outcome &outcome, std::size_t all) {
    const auto jobs = [](std::size_t number) {
        return fmt::format("{} job{}", number, number == 1 ? "" : "s");
    };
    std::vector<std::string> lines;
    for (const int line : outcome.failed) {
        if (lines.size() < most_named) lines.push_back(fmt::format("{}", line));
    }
    if (outcome.failed.size() > most_named) lines.emplace_back("...");
    std::string text;
    if (outcome.interrupted != 0)
        text = fmt::format("ended by {}", drive::signal_name(outcome.interrupted));
    if (!outcome.failed.empty()) {
        text += fmt::format("{}{} of {} failed: line{} {}", text.empty() ? "" : "; ",
                            outcome.failed.size(), jobs(all),
                            lines.size() == 1 ? "" : "s", join(lines, ", "));
    }
    if (outcome.not_started > 0) {
        text += fmt::format("{}{} not started", text.empty() ? "" : "; ",
                            jobs(outcome.not_started) +
                                (outcome.not_started == 1 ? " was" : " were"));
    }
    return text;
}

Runner::Runner(Loop &loop, drive::Signals &signals, std::string program,
               std::vector<Entry> entries, Rules rules)
    : loop_(loop), signals_(signals), program_(std::move(program)),
      entries_(std::move(entries)), rules_(rules) {}

Result<Outcome> Runner::run() {
    signals_.deliver(
        loop_, [this](int number) { number == SIGCHLD ? reap() : on_signal(number); });
    start_more();
    if (!running_.empty()) loop_.run();
    PX_TRY(std::move(trouble_));
    outcome_.not_started = entries_.size() - next_;
    std::sort(outcome_.failed.begin(), outcome_.failed.end());
    return std::move(outcome_);
}

void Runner::start_more() {
    while (!stops_ && next_ < entries_.size() &&
           running_.size() < static_cast<std::size_t>(rules_.parallel))
        start({next_++, 0});
    if (running_.empty()) loop_.stop();
}

void Runner::start(Running what) {
    std::vector<char *> argv;
    for (auto &word : entries_[what.entry].argv) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become(program_, argv, parent, signals_.original_mask());
    if (pid > 0) {
        running_.emplace(pid, what);
        return;
    }
    trouble_ = start_error("cannot start a job", errno);
    stops_ = true;
}

// Theirs to act upon: each ends its job, or hands the signal on to its ranks.
void Runner::on_signal(int number) {
    if (drive::ends(number)) {
        outcome_.interrupted = number;
        stops_ = true;
    }
    for (const auto &[pid, what] : running_) ::kill(pid, number);
    if (number == SIGTSTP) ::raise(SIGSTOP);
}

void Runner::reap() {
    int wait_status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &wait_status, WNOHANG)) > 0) {
        const auto found = running_.extract(pid);
        if (!found) continue;
        ended(found.mapped(), WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                                     : killed_by(WTERMSIG(wait_status)));
    }
    start_more();
}

void Runner::ended(const Running &what, int status) {
    if (status == 0) return;
    if (!stops_ && what.retries < rules_.retries)
        return start({what.entry, what.retries + 1});
    outcome_.failed.push_back(entries_[what.entry].line);
    stops_ = stops_ || !rules_.keep_going;
}

} // namespace px::joblist
