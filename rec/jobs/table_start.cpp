// table_start.cpp - from a placed submission to running ranks.
#include "pxlaunch/base/seconds.h"
#include "pxlaunch/job/border.h"
#include "pxlaunch/process/child.h"
#include "pxlaunch/process/command.h"
#include "pxlaunch/process/pmi_trap.h"
#include "pxlaunch/process/streams.h"
#include "rec/jobs/rank_environment.h"
#include "rec/jobs/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <unistd.h>

namespace px::jobs {

namespace {

// Beyond it spawned jobs share a number in their tags (see pmix::key::child_shift).
constexpr unsigned most_children = 1023;

Result<process::Streams> make_streams(Rank &rank, int number, const Submission &asked) {
    const auto &io = asked.spec.io;
    const bool terminal = io.pty && number == 0;
    const bool reads =
        !io.pty && (io.input.to == job::StdinTo::all ||
                    (io.input.to == job::StdinTo::one && io.input.rank == number));
    auto connection =
        PX_TRY(terminal ? process::connect_terminal(asked.rows, asked.columns)
                        : process::connect_pipes(reads, io.merge_stderr));
    rank.in = std::move(connection.ours.in);
    rank.out = std::move(connection.ours.out);
    rank.err = std::move(connection.ours.err);
    rank.terminal = terminal;
    return std::move(connection.theirs);
}

} // namespace

std::unique_ptr<Job> JobTable::make_job(Submission &&submission, map::Layout &&layout) {
    auto job = std::make_unique<Job>();
    job->number = ++last_number_;
    job->nspace = fmt::format("{}.{}", prefix_, job->number);
    job->asked = std::move(submission);
    job->layout = std::move(layout);
    job->root = job.get();
    Job *parent = job->asked.is_child ? find(job->asked.parent) : nullptr;
    if (parent != nullptr) {
        job->root = parent->root;
        job->child = std::min(++job->root->last_child, most_children);
        ++job->root->open_children;
        job->pulled = false;
    }
    job->ranks.resize(job->layout.ranks.size());
    return job;
}

Result<void> JobTable::launch(Job &job) {
    if (steps_ != nullptr) return launch_step(job);
    std::vector<std::string> programs;
    const auto launched = [&]() -> Result<void> {
        for (const auto &app : job.asked.spec.apps)
            programs.push_back(PX_TRY(process::find_command(app)));
        PX_TRY(wire_.announce(job));
        if (job.asked.map_only) return {};
        for (std::size_t rank = 0; rank < job.ranks.size(); ++rank) {
            PX_TRY(launch_rank(job, static_cast<int>(rank), programs));
        }
        return {};
    }();
    if (!launched) {
        give_up(job);
        return launched;
    }
    if (job.root->pulled || job.asked.forwarded) output_.start(job);
    return {};
}

Result<void> JobTable::launch_rank(Job &job, int number,
                                   const std::vector<std::string> &programs) {
    Rank &rank = job.ranks[static_cast<std::size_t>(number)];
    const auto &place = job.layout.ranks[static_cast<std::size_t>(number)];
    const auto app_number = static_cast<std::size_t>(place.app);
    const job::App &app = job.asked.spec.apps[app_number];

    process::ChildSpec child;
    child.env = app.env;
    job::add_surroundings(child.env, ::environ);
    PX_TRY(wire_.add_environment(job, number, child.env));
    add_rank_environment(job, number, child.env);
    const auto streams = PX_TRY(make_streams(rank, number, job.asked));
    process::PmiTrap trap;
    if (job.ranks.size() > 1) trap = PX_TRY(process::set_pmi_trap(number, child.env));
    rank.pmi = std::move(trap.ours);
    child.program = programs[app_number];
    child.argv = app.argv;
    child.directory = app.directory;
    child.inherited = &job.asked.spec.inherited;
    child.cpus = place.cpus;
    child.in = streams.in.get();
    child.out = streams.out.get();
    child.err = streams.err.get();
    child.keep = trap.theirs.get();
    child.terminal = job.asked.spec.io.pty && number == 0;
    rank.end.rank = number;
    rank.end.host = pool_.host(place.node);
    rank.end.started = seconds_since_epoch();
    rank.pid = rank.end.pid = PX_TRY(process::start_child(child));
    ++job.running;
    if (rank.pmi) {
        loop_.watch(rank.pmi.get(), EPOLLIN,
                    [this, &job, number](std::uint32_t) { speaks_pmi(job, number); });
    }
    return {};
}

// Some of it may run already: it is ended without a word, the caller reports the reason.
void JobTable::give_up(Job &job) {
    job.silent = true;
    output_.drop(job);
    // Not stop(): that would end the whole tree, and the parent is to get an error.
    for (auto &rank : job.ranks) {
        if (!rank.reaped && rank.pid > 0) ::kill(-rank.pid, SIGKILL);
    }
}

} // namespace px::jobs
