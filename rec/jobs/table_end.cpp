// table_end.cpp - how ranks and jobs end.
#include "pxlaunch/base/seconds.h"
#include "pxlaunch/process/leftovers.h"
#include "pxlaunch/process/pmi_trap.h"
#include "rec/jobs/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sys/ioctl.h>
#include <sys/wait.h>

namespace px::jobs {

constexpr int most_sweep_rounds = 10; // of a second each

void JobTable::reap() {
    int status = 0;
    bool strangers = false;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        bool known = false;
        for (const auto &job : jobs_) {
            if (job->step) continue;
            const auto rank = std::find_if(
                job->ranks.begin(), job->ranks.end(),
                [pid](const Rank &each) { return each.pid == pid && !each.reaped; });
            if (rank == job->ranks.end()) continue;
            known = true;
            rank_ended(*job, static_cast<int>(rank - job->ranks.begin()), status);
            break;
        }
        for (const auto &job : jobs_)
            known = known || (job->step && job->step->reaped(pid, status));
        strangers = strangers || !known;
    }
    if (!strangers) return;
    for (const auto &job : jobs_) {
        if (job->sweeping) sweep(*job);
    }
}

void JobTable::rank_ended(Job &job, int number, int wait_status) {
    Rank &rank = job.ranks[static_cast<std::size_t>(number)];
    rank.reaped = true;
    rank.end.ended = seconds_since_epoch();
    if (WIFSIGNALED(wait_status)) {
        rank.end.signal = WTERMSIG(wait_status);
        rank.end.core_dumped = WCOREDUMP(wait_status);
    } else {
        rank.end.exit_code = WEXITSTATUS(wait_status);
    }
    input_.close(rank);
    if (rank.pmi) {
        loop_.forget(rank.pmi.get());
        rank.pmi.reset();
    }
    --job.running;
    job.result.ranks.push_back(rank.end);
    if (rank.end.status() != 0) rank_failed(job, number, rank.end.status());
    if (job.running == 0) sweep(job);
}

void JobTable::rank_failed(Job &job, int number, int status) {
    if (job.silent) return; // it is being given up, and that is no failure of its parent
    Job &root = *job.root;
    if (root.result.first_failure < 0) {
        root.result.first_failure = number;
        root.result.status = status;
        if (&root != &job) {
            root.result.explanation =
                fmt::format("it was rank {} of a job that a rank spawned", number);
        }
    }
    if (root.asked.spec.limits.on_failure == job::OnFailure::kill) stop(job, SIGTERM);
}

// Ends the whole tree: the first signal now, KILL after the grace time.
void JobTable::stop(Job &job, int first_signal) {
    Job &root = *job.root;
    if (root.stopping && first_signal != SIGKILL) return;
    root.stopping = true;
    signal(root, -1, first_signal);
    signal(root, -1, SIGCONT); // a stopped process does not take TERM
    if (first_signal == SIGKILL || root.grace_timer != 0) return;
    const std::string nspace = root.nspace;
    root.grace_timer = loop_.after(root.asked.spec.limits.grace, [this, nspace] {
        if (Job *still = find(nspace)) signal(*still, -1, SIGKILL);
    });
}

// With one job in the table every orphan is of that job, also one that has cleared its
// environment, or that is at this moment in execve() and shows none.
void JobTable::sweep(Job &job) {
    job.sweeping = true;
    const bool alone = jobs_.size() == 1;
    bool found = false;
    for (const int pid : process::own_children()) {
        const int group = ::getpgid(pid);
        bool ours = false, is_rank = false;
        for (const auto &each : jobs_) {
            for (const auto &rank : each->ranks) {
                is_rank = is_rank || (rank.pid == pid && !rank.reaped);
                ours = ours || (each.get() == &job && rank.pid == group);
            }
        }
        if (is_rank || !(ours || alone || process::is_of_job(pid, job.nspace))) continue;
        found = ::kill(pid, SIGKILL) == 0 || found;
    }
    if (found) return look_again(job); // SIGCHLD comes first, if it can die
    job.sweeping = false;
    check_end(job);
}

void JobTable::check_end(Job &job) {
    if (job.ended || job.running > 0 || job.sweeping || job.open_children > 0) return;
    if (Output::at_end(job)) return finish(job);
    look_again(job);
}

// All ranks are gone, and yet somebody does not die, or holds their output open: a
// process that hid its origin. What it wrote so far is read; then we no longer listen.
void JobTable::look_again(Job &job) {
    if (job.sweep_timer != 0) return;
    job.sweep_timer = loop_.after(Milliseconds(1000), [this, nspace = job.nspace] {
        Job *still = find(nspace);
        if (still == nullptr) return;
        still->sweep_timer = 0;
        if (!still->root->paused) ++still->sweep_rounds;
        sweep(*still);
        if (still->ended) return;
        const bool enough = still->sweep_rounds > most_sweep_rounds;
        if (still->sweeping && !enough) return; // what was killed just now may still die
        still->sweeping = false;
        close_quiet(*still, enough);
        check_end(*still);
    });
}

void JobTable::close_quiet(Job &job, bool all) {
    // Nobody takes it, or it never ends: a tool that did not pull, a process that hid and
    // goes on writing.
    const bool untaken = !job.pulled && !job.root->asked.flow;
    if (untaken || all) output_.drop(job);
    for (auto &rank : job.ranks) {
        for (Fd *fd : {&rank.out, &rank.err}) {
            int left = 0;
            if (!*fd || ::ioctl(fd->get(), FIONREAD, &left) != 0 || left > 0) continue;
            loop_.forget(fd->get());
            fd->reset();
        }
    }
}

void JobTable::finish(Job &job) {
    job.ended = true;
    loop_.cancel(job.grace_timer);
    loop_.cancel(job.sweep_timer);
    pool_.release(job.layout);
    for (auto &rank : job.ranks) input_.close(rank);
    wire_.ended(job);
    if (job.root != &job) {
        --job.root->open_children;
        check_end(*job.root);
    }
    // The job is on the call stack of whoever found its end: it goes in a task of its
    // own.
    loop_.post([this, gone = &job] {
        jobs_.remove_if([gone](const auto &each) { return each.get() == gone; });
        start_waiting();
        if (on_end) on_end();
    });
}

void JobTable::speaks_pmi(Job &job, int number) {
    Rank &rank = job.ranks[static_cast<std::size_t>(number)];
    loop_.forget(rank.pmi.get());
    if (!process::has_asked(rank.pmi)) return rank.pmi.reset();
    auto &result = job.root->result;
    if (!result.not_run) {
        Error error = process::speaks_pmi_1(number, job.ranks.size());
        result.not_run = error.exit;
        result.explanation = std::move(error.what);
        result.hint = std::move(error.hint);
    }
    stop(job, SIGKILL);
}

} // namespace px::jobs
