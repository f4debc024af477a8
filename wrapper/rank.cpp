// rank.cpp - starting, signalling and reaping.
#include "wrapper/rank.h"

#include "pxlaunch/base/seconds.h"
#include "pxlaunch/process/child.h"
#include "pxlaunch/process/command.h"
#include "pxlaunch/process/leftovers.h"
#include "pxlaunch/process/pmi_trap.h"

#include <csignal>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

constexpr int sweep_ms = 1000;

} // namespace

Result<void> Rank::prepare(job::Environment environment) {
    app_.argv = assignment_.argv;
    app_.directory = assignment_.directory;
    app_.path = assignment_.path;
    app_.env = std::move(environment);
    program_ = PX_TRY(process::find_command(app_));
    return {};
}

Result<Fd> Rank::set_trap(int rank) {
    auto trap = PX_TRY(process::set_pmi_trap(rank, app_.env));
    trap_ = std::move(trap.theirs);
    return std::move(trap.ours);
}

Result<void> Rank::start(const process::Streams &streams, bool terminal) {
    process::become_subreaper();
    process::ChildSpec child;
    child.program = program_;
    child.argv = app_.argv;
    child.env = app_.env;
    child.directory = app_.directory;
    child.inherited = &assignment_.inherited;
    child.in = streams.in.get();
    child.out = streams.out.get();
    child.err = streams.err.get();
    child.terminal = terminal;
    child.keep = trap_.get();
    started_ = seconds_since_epoch();
    pid_ = PX_TRY(process::start_child(child));
    trap_.reset();
    return {};
}

void Rank::note_end(int wait_status) {
    job::RankEnd end;
    end.pid = pid_;
    end.started = started_;
    end.ended = seconds_since_epoch();
    end.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    end.core_dumped = WIFSIGNALED(wait_status) && WCOREDUMP(wait_status);
    end.exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0;
    ended_ = end;
}

bool Rank::reap() {
    int status = 0;
    const bool before = ended_.has_value();
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == pid_) note_end(status);
    }
    return ended_ && !before;
}

void Rank::signal(int number) const {
    if (is_running()) ::kill(-pid_, number);
}

void Rank::kill_all() {
    if (pid_ <= 0) return;
    if (is_running()) {
        ::kill(-pid_, SIGKILL);
        // First the rank itself: the sweep below keeps no status.
        const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        pollfd wait{handle.get(), POLLIN, 0};
        ::poll(&wait, 1, sweep_ms);
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) note_end(status);
    }
    process::kill_all_descendants(sweep_ms);
}

} // namespace px::wrapper
