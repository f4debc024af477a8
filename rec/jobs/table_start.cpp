// table_start.cpp - from a placed submission to running ranks.
#include "rec/jobs/child.h"
#include "rec/jobs/command.h"
#include "rec/jobs/rank_environment.h"
#include "rec/jobs/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace px::jobs {

namespace {

double now() {
    return std::chrono::duration<double>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Beyond it spawned jobs share a number in their tags (see pmix::key::child_shift).
constexpr unsigned most_children = 1023;

// The child's ends of a rank's streams; ours are kept in the Rank.
struct Streams {
    Fd in, out, err, pmi;
};

Result<Fd> open_file(const char *path, int flags) {
    Fd fd(::open(path, flags | O_CLOEXEC));
    if (!fd) return system_error(fmt::format("cannot open '{}'", path), errno);
    return fd;
}

Result<Streams> terminal_streams(Rank &rank, const Submission &asked) {
    Fd ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    char name[128];
    if (!ours || ::grantpt(ours.get()) != 0 || ::unlockpt(ours.get()) != 0 ||
        ::ptsname_r(ours.get(), name, sizeof name) != 0) {
        return system_error("cannot make a terminal for --pty", errno);
    }
    Streams theirs;
    theirs.in = PX_TRY(open_file(name, O_RDWR | O_NOCTTY));
    theirs.out = Fd(::fcntl(theirs.in.get(), F_DUPFD_CLOEXEC, 3));
    theirs.err = Fd(::fcntl(theirs.in.get(), F_DUPFD_CLOEXEC, 3));
    winsize size{};
    size.ws_row = static_cast<unsigned short>(asked.rows);
    size.ws_col = static_cast<unsigned short>(asked.columns);
    ::ioctl(ours.get(), TIOCSWINSZ, &size);
    rank.in = Fd(::fcntl(ours.get(), F_DUPFD_CLOEXEC, 3));
    rank.out = std::move(ours);
    rank.terminal = true;
    PX_TRY(set_nonblocking(rank.out.get())); // one description: `in` is non-blocking too
    return theirs;
}

Result<Streams> pipe_streams(Rank &rank, bool reads, bool merge) {
    Streams theirs;
    Pipe out = PX_TRY(make_pipe());
    theirs.out = std::move(out.write);
    rank.out = std::move(out.read);
    PX_TRY(set_nonblocking(rank.out.get()));
    if (merge) {
        theirs.err = Fd(::fcntl(theirs.out.get(), F_DUPFD_CLOEXEC, 3));
    } else {
        Pipe err = PX_TRY(make_pipe());
        theirs.err = std::move(err.write);
        rank.err = std::move(err.read);
        PX_TRY(set_nonblocking(rank.err.get()));
    }
    if (!reads) {
        theirs.in = PX_TRY(open_file("/dev/null", O_RDONLY));
        return theirs;
    }
    Pipe in = PX_TRY(make_pipe());
    theirs.in = std::move(in.read);
    rank.in = std::move(in.write);
    PX_TRY(set_nonblocking(rank.in.get()));
    return theirs;
}

Result<Streams> make_streams(Rank &rank, int number, const Submission &asked) {
    const auto &io = asked.spec.io;
    if (io.pty && number == 0) return terminal_streams(rank, asked);
    const bool reads =
        !io.pty && (io.input.to == job::StdinTo::all ||
                    (io.input.to == job::StdinTo::one && io.input.rank == number));
    return pipe_streams(rank, reads, io.merge_stderr);
}

// A library that asks for PMI-1 (MPICH without PMIx) finds this socket instead of
// deciding that it is alone; see JobTable::speaks_pmi. Not PMI_SIZE: MPICH 5, also one that
// speaks PMIx, aborts where it finds that beside PMIX_NAMESPACE.
Result<void> add_pmi_trap(Rank &rank, int number, Streams &streams,
                          std::vector<std::string> &env) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot make a socket", errno);
    }
    rank.pmi = Fd(ends[0]);
    streams.pmi = Fd(ends[1]);
    set_variable(env, "PMI_FD", fmt::format("{}", ends[1]));
    set_variable(env, "PMI_RANK", fmt::format("{}", number));
    return {};
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
    std::vector<std::string> programs;
    const auto launched = [&]() -> Result<void> {
        for (const auto &app : job.asked.spec.apps)
            programs.push_back(PX_TRY(find_command(app)));
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

    ChildSpec child;
    child.env = app.env;
    PX_TRY(wire_.add_environment(job, number, child.env));
    add_rank_environment(job, number, child.env);
    Streams streams = PX_TRY(make_streams(rank, number, job.asked));
    if (job.ranks.size() > 1) PX_TRY(add_pmi_trap(rank, number, streams, child.env));
    child.program = programs[app_number];
    child.argv = app.argv;
    child.directory = app.directory;
    child.inherited = &job.asked.spec.inherited;
    child.cpus = place.cpus;
    child.in = streams.in.get();
    child.out = streams.out.get();
    child.err = streams.err.get();
    child.keep = streams.pmi ? streams.pmi.get() : -1;
    child.terminal = job.asked.spec.io.pty && number == 0;
    rank.end.rank = number;
    rank.end.host = pool_.host();
    rank.end.started = now();
    rank.pid = rank.end.pid = PX_TRY(start_child(child));
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
