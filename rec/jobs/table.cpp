// table.cpp - submission, waiting for cores, and the operations on running jobs.
#include "rec/jobs/table.h"

#include "pxlaunch/process/leftovers.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sys/ioctl.h>

namespace px::jobs {

JobTable::JobTable(Loop &loop, Wire &wire, Pool &pool, std::string prefix, Steps *steps)
    : loop_(loop), wire_(wire), pool_(pool), prefix_(std::move(prefix)), steps_(steps),
      input_(loop), output_(
                        loop, wire, [this](Job &job) { check_end(job); },
                        [this](Job &root) { hold_output(root); }) {}

void JobTable::submit(Submission submission, Answer answer) {
    Waiting waiting{std::move(submission), std::move(answer)};
    // A job inside a job must not wait for cores that only its own parent can give back.
    const bool nested = find(waiting.submission.parent) != nullptr;
    const bool may_wait = !waiting.submission.spec.limits.no_wait;
    if (!nested && may_wait && !queue_.empty()) {
        // Behind the others, but never to wait for what can never be.
        auto now = pool_.place(waiting.submission.spec, {});
        if (!now) return waiting.answer(std::move(now).error());
        if (*now) pool_.release(**now); // it would fit, but it is not its turn
        return queue_.push_back(std::move(waiting));
    }
    if (!try_start(waiting, may_wait)) queue_.push_back(std::move(waiting));
}

// False if it has to wait; otherwise it was answered.
bool JobTable::try_start(Waiting &waiting, bool may_wait) {
    const auto own = held_by_tree(waiting.submission.parent);
    auto place = pool_.place(waiting.submission.spec, own);
    if (!place) {
        waiting.answer(std::move(place).error());
        return true;
    }
    if (!*place) {
        if (may_wait) return false;
        waiting.answer(
            cannot_run(fmt::format("the job does not fit now: {} of {} cores are free",
                                   pool_.free_cores(), pool_.cores()),
                       "leave out --no-wait to wait for them, or add --oversubscribe"));
        return true;
    }
    Job &job =
        *jobs_.emplace_back(make_job(std::move(waiting.submission), std::move(**place)));
    if (auto launched = launch(job); !launched) {
        waiting.answer(std::move(launched).error());
    } else {
        waiting.answer(job.nspace);
    }
    // A job that is only placed stays, to be asked about, as long as its owner.
    if (job.running > 0 || (job.asked.map_only && !job.silent)) return true;
    // What failed to start has no rank whose end we would see.
    loop_.post([this, nspace = job.nspace] {
        if (Job *still = find(nspace)) check_end(*still);
    });
    return true;
}

void JobTable::start_waiting() {
    for (auto at = queue_.begin(); at != queue_.end();) {
        // In order; but a job inside a running one goes first: those before it may wait
        // for its parent, which waits for it.
        const bool turn = at == queue_.begin() || find(at->submission.parent) != nullptr;
        at = turn && try_start(*at, true) ? queue_.erase(at) : std::next(at);
    }
}

Job *JobTable::find(const std::string &nspace) {
    if (nspace.empty()) return nullptr;
    for (const auto &job : jobs_) {
        if (!job->ended && job->nspace == nspace) return job.get();
    }
    return nullptr;
}

bool JobTable::is_waiting(const Peer &owner) const {
    return std::any_of(queue_.begin(), queue_.end(), [&owner](const Waiting &waiting) {
        return waiting.submission.owner == owner;
    });
}

std::vector<Cpu> JobTable::held_by_tree(const std::string &nspace) {
    std::vector<Cpu> held;
    for (const Job *job = find(nspace); job != nullptr; job = find(job->asked.parent)) {
        for (const auto &rank : job->layout.ranks) {
            for (const int pu : rank.reserved) held.push_back({rank.node, pu});
        }
    }
    return held;
}

void JobTable::for_tree(Job &job, const std::function<void(Job &)> &act) {
    for (const auto &each : jobs_) {
        if (!each->ended && each->root == job.root) act(*each);
    }
}

void JobTable::owner_lost(const Peer &owner) {
    queue_.remove_if(
        [&owner](const Waiting &waiting) { return waiting.submission.owner == owner; });
    for (const auto &job : jobs_) {
        if (job->root != job.get()) continue; // a lost rank is its own job's matter
        if (job->ended || !(job->asked.owner == owner) || !job->asked.dies_with_owner)
            continue;
        job->silent = true;
        stop(*job, SIGKILL);
        for_tree(*job, [this](Job &each) { output_.drop(each); });
        if (job->step) acknowledged(*job, job->delivered - job->acknowledged);
        check_end(*job);
    }
    start_waiting();
}

void JobTable::begin_output(Job &job) {
    for_tree(job, [this](Job &each) {
        if (each.step && !each.pulled) each.step->begin_output();
        output_.start(each);
    });
}

void JobTable::hold_output(Job &root) {
    root.paused = true;
    for_tree(root, [this](Job &each) { output_.pause(each); });
}

void JobTable::acknowledged(Job &job, unsigned long long bytes) {
    Job &root = *job.root;
    if (root.step) root.step->acknowledged(bytes);
    root.acknowledged = std::min(root.acknowledged + bytes, root.delivered);
    if (!root.paused || root.delivered - root.acknowledged > Output::window / 2) return;
    root.paused = false;
    for_tree(root, [this](Job &each) { output_.resume(each); });
}

void JobTable::push_input(Job &job, int rank, std::string bytes, bool end,
                          std::function<void()> done) {
    if (job.step)
        return job.step->push_input(rank, std::move(bytes), end, std::move(done));
    input_.push(job, rank, std::move(bytes), end, std::move(done));
}

void JobTable::set_window(Job &job, int rows, int columns) {
    if (job.step) return job.step->set_window(rows, columns);
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    if (job.asked.spec.io.pty && job.ranks[0].out) {
        ::ioctl(job.ranks[0].out.get(), TIOCSWINSZ, &size);
    }
}

void JobTable::signal(Job &job, int rank, int number) {
    if (job.step) return job.step->signal(rank, number);
    const auto send = [number](Rank &to) {
        if (!to.reaped && to.pid > 0) ::kill(-to.pid, number);
    };
    if (rank >= 0) {
        if (static_cast<std::size_t>(rank) < job.ranks.size()) {
            send(job.ranks[static_cast<std::size_t>(rank)]);
        }
        return;
    }
    for_tree(job, [&send](Job &each) {
        for (auto &to : each.ranks) send(to);
    });
}

void JobTable::abort(Job &job, int rank, int status, const std::string &text) {
    auto &result = job.root->result;
    if (!result.aborted && result.first_failure < 0) {
        result.aborted = true;
        result.abort_text = text;
        result.first_failure = rank;
        // MPI_Abort(0) is still a failure: a job that was cut short must not report
        // success.
        result.status = (status & 0xff) == 0 ? 1 : status & 0xff;
    }
    stop(job, SIGTERM);
}

void JobTable::connected(Job &job, int rank) {
    if (rank >= 0 && static_cast<std::size_t>(rank) < job.ranks.size()) {
        job.ranks[static_cast<std::size_t>(rank)].connected = true;
    }
}

void JobTable::kill_all() {
    queue_.clear();
    for (const auto &job : jobs_) {
        if (!job->ended) stop(*job, SIGKILL);
    }
}

} // namespace px::jobs
