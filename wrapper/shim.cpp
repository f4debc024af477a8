// shim.cpp - what happens when.
#include "wrapper/shim.h"

#include "wrapper/node.h"
#include "wrapper/surroundings.h"

#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/inband.h"
#include "pxlaunch/job/border.h"
#include "pxlaunch/job/rank_environment.h"
#include "pxlaunch/process/pmi_trap.h"
#include "pxlaunch/process/stacks.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace px::wrapper {

namespace {

// PRRTE 3.0.8 forgets ranks that end before it has seen them run, and what they wrote
// last: after 100 ms 1 of 200 launches of 6 ranks on a busy machine still lost a report.
constexpr Milliseconds shortest_bare_life{300};
constexpr Milliseconds until_kill{500}; // PRRTE kills us a second after its TERM
// Slurm's KillWait, by default: from its TERM to its own KILL.
constexpr Milliseconds until_slurms_kill{30'000};
constexpr Milliseconds until_leaving{2000};
// Whoever ends a whole step signals its processes one after the other, in any order.
constexpr Milliseconds between_signals{200};

std::vector<std::string> entries_of(std::string_view text) {
    if (text.ends_with('\0')) text.remove_suffix(1);
    return text.empty() ? std::vector<std::string>() : split(text, '\0');
}

} // namespace

Shim::Shim(Loop &loop, channel::Assignment assignment, channel::Hello hello,
           std::vector<std::string> environment)
    : loop_(loop), assignment_(std::move(assignment)),
      own_environment_(std::move(environment)), hello_(std::move(hello)),
      rank_(assignment_) {
    hello_.secret = assignment_.secret;
    hello_.pid = ::getpid();
}

void Shim::begin(int runtime) {
    // A program that is missing here is told before any rank starts anywhere.
    if (assignment_.describe != channel::Describe::no) {
        hello_.node = node_json(allowed_cpus(runtime)); // the daemon is not bound
    }
    if (auto ready = rank_.prepare(environment()); !ready) hello_.refused = ready.error();
    dialer_ = std::make_unique<channel::Dialer>(
        loop_, assignment_.addresses, assignment_.host, hello_,
        [this](std::unique_ptr<channel::Stream> stream) {
            connected(std::move(stream));
        });
}

void Shim::connected(std::unique_ptr<channel::Stream> stream) {
    if (leaving_) return;
    if (!stream) return assignment_.must_reach ? give_up() : start_bare();
    stream_ = std::move(stream);
    io_ = std::make_unique<RankIo>(loop_, *stream_);
    channel::Stream::Events events;
    events.frame = [this](const channel::Frame &frame) { on_frame(frame); };
    events.closed = [this](int) { on_closed(); };
    events.sent = [this] { io_->resume(); };
    stream_->handle(std::move(events));
}

void Shim::on_frame(const channel::Frame &frame) {
    const auto number = [&frame] {
        const auto parsed = parse_number(frame.body, 64);
        return parsed ? static_cast<int>(*parsed) : 0;
    };
    switch (frame.kind) {
    case channel::Kind::go:
        return start(entries_of(frame.body));
    case channel::Kind::signal:
        by_judge_ = true;
        return rank_.signal(number());
    case channel::Kind::kill:
        by_judge_ = true;
        return kill_rank();
    case channel::Kind::in:
        return io_->put(frame.body);
    case channel::Kind::in_end:
        return io_->put_end();
    case channel::Kind::window:
        return io_->resize(frame.body);
    case channel::Kind::trace:
        return send_stack();
    case channel::Kind::release:
        return release();
    default:
        return; // of a later version
    }
}

job::Environment Shim::environment() const {
    job::Environment env = assignment_.env;
    for (auto &entry : runtime_entries(own_environment_)) env.push_back(std::move(entry));
    job::add_surroundings(env, ::environ);
    return env;
}

void Shim::start(const std::vector<std::string> &rank_variables) {
    if (rank_.is_running() || rank_.ended() || released_) return;
    job::Environment env = environment();
    for (const std::string_view entry : rank_variables) {
        const auto equals = entry.find('=');
        if (equals == std::string_view::npos) continue;
        job::set_variable(env, entry.substr(0, equals), entry.substr(equals + 1));
    }
    const auto started = [&]() -> Result<void> {
        PX_TRY(rank_.prepare(std::move(env)));
        const auto &input = assignment_.input;
        const bool terminal = assignment_.rows > 0 && hello_.rank == 0;
        const bool reads = assignment_.rows == 0 &&
                           (input.to == job::StdinTo::all ||
                            (input.to == job::StdinTo::one && input.rank == hello_.rank));
        auto streams = PX_TRY(
            terminal ? process::connect_terminal(assignment_.rows, assignment_.columns)
                     : process::connect_pipes(reads, assignment_.merge_stderr));
        PX_TRY(watch_for_pmi());
        PX_TRY(rank_.start(streams.theirs, terminal));
        io_->open(std::move(streams.ours), terminal);
        return {};
    }();
    if (!started) refuse(started.error());
}

Result<void> Shim::watch_for_pmi() {
    const auto size = parse_number(
        job::find_variable(rank_.environment(), "PXLAUNCH_SIZE").value_or(""));
    if (!size || *size < 2) return {};
    trap_ = PX_TRY(rank_.set_trap(hello_.rank));
    loop_.watch(trap_.get(), EPOLLIN, [this, ranks = *size](std::uint32_t) {
        loop_.forget(trap_.get());
        const bool asked = process::has_asked(trap_);
        trap_.reset();
        if (!asked || released_) return;
        refuse(process::speaks_pmi_1(hello_.rank, static_cast<std::size_t>(ranks)));
        kill_rank();
    });
    return {};
}

// Waits for the tool that reads it, seconds perhaps: the job's time is over.
void Shim::send_stack() {
    if (rank_.is_running()) {
        const auto stack = process::stack_of(rank_.pid());
        stream_->send(channel::Kind::err,
                      process::stack_text(hello_.rank, rank_.pid(), stack));
    }
    stream_->send(channel::Kind::traced);
}

void Shim::refuse(const Error &error) {
    tell(channel::Kind::refused, channel::text_of(error));
}

// In the runtime's errors, which whoever started it reads.
void Shim::give_up() {
    const Error error = cannot_run(
        fmt::format("rank {} on {} does not reach pxrec on {}", hello_.rank, hello_.host,
                    assignment_.host),
        fmt::format("let the nodes connect to it: {}", join(assignment_.addresses, " ")));
    (void)write_all(STDERR_FILENO, error_lines(error, "pxwrap"));
    leave();
}

// The runtime's own streams, which are ours, become the rank's alone.
void Shim::start_bare() {
    job::Environment env = environment();
    const auto number = [&env](const char *name, int value) {
        job::set_variable(env, name, fmt::format("{}", value));
    };
    number("PXLAUNCH_RANK", hello_.rank);
    number("OMPI_COMM_WORLD_RANK", hello_.rank);
    if (assignment_.size > 0) {
        number("PXLAUNCH_SIZE", assignment_.size);
        number("OMPI_COMM_WORLD_SIZE", assignment_.size);
    }
    job::set_variable(env, "PXLAUNCH_JOB", hello_.nspace);
    job::add_mpi_settings({}, env);
    process::Streams streams;
    Fd *const ends[] = {&streams.in, &streams.out, &streams.err};
    for (int fd = 0; fd < 3; ++fd) *ends[fd] = Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (int fd = 0; fd < 3 && null; ++fd) ::dup2(null.get(), fd);
    errors_ = Fd(::fcntl(streams.err.get(), F_DUPFD_CLOEXEC, 3));
    tell(channel::Kind::hello, text_of(hello_));
    if (assignment_.describe == channel::Describe::only) return leave_when_seen();
    const auto started = [&]() -> Result<void> {
        PX_TRY(rank_.prepare(std::move(env)));
        PX_TRY(watch_for_pmi());
        return rank_.start(streams, false);
    }();
    if (started) return breathe();
    refuse(started.error());
    leave_when_seen();
}

void Shim::tell(channel::Kind kind, std::string_view body) {
    if (stream_) return stream_->send(kind, body);
    // A short write to a pipe is whole or not at all.
    (void)write_all(errors_.get(), channel::inband(assignment_.secret, kind, body));
}

// Silence is how the judge learns that the runtime has lost a bare rank.
void Shim::breathe() {
    loop_.after(channel::breath, [this] {
        if (!rank_.is_running()) return;
        tell(channel::Kind::alive, {});
        breathe();
    });
}

// Without a judge's word: when the runtime has certainly seen us run.
void Shim::leave_when_seen() {
    const auto lived = std::chrono::duration_cast<Milliseconds>(Clock::now() - began_);
    loop_.after(std::max(shortest_bare_life - lived, Milliseconds(0)),
                [this] { leave(); });
}

void Shim::on_signal(int number) {
    if (number == SIGCHLD) {
        if (rank_.reap()) rank_ended();
        return;
    }
    const bool ends =
        number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
    by_runtime_ = by_runtime_ || ends;
    if (ends) report_held_end();
    if (rank_.is_running()) {
        rank_.signal(number);
        if (ends) limit_time();
    } else if (ends && !(is_slurms() && rank_.ended())) {
        errors_ ? leave_when_seen() : release();
    }
}

// A rank that has the runtime's TERM may save what it has done until the runtime's KILL.
// Slurm's comes for certain while somebody else (pxrec) still looks after the rank.
void Shim::limit_time() {
    if (is_slurms() && stream_) return;
    if (!is_slurms() && kill_timer_ != 0) return;
    loop_.cancel(kill_timer_);
    kill_timer_ = loop_.after(is_slurms() ? until_slurms_kill : until_kill,
                              [this] { kill_rank(); });
}

// A rank may have its TERM before its shim has one: then it is the runtime's doing. And
// before the KILL of Slurm, of which a shim cannot tell: its silence does.
void Shim::rank_ended() {
    loop_.cancel(kill_timer_);
    const int by = rank_.ended()->signal;
    const bool may_be_the_runtimes = by == SIGTERM || (by == SIGKILL && is_slurms());
    if (by_runtime_ || by_judge_ || !may_be_the_runtimes) return report_end();
    held_ = loop_.after(between_signals, [this] { report_held_end(); });
}

void Shim::report_held_end() {
    if (held_ == 0) return;
    loop_.cancel(std::exchange(held_, 0));
    report_end();
}

void Shim::report_end() {
    const job::RankEnd &end = *rank_.ended();
    const bool judged = stream_ || errors_;
    // As with srun a rank that Slurm has told to end, and that says 0, has succeeded.
    const bool by_runtime = by_runtime_ && !(is_slurms() && end.status() == 0);
    if (judged) tell(channel::Kind::ended, text_of(channel::Ended{end, by_runtime}));
    if (!judged) return leave(); // the judge is gone
    if (errors_) return leave_when_seen();
    if (by_runtime_ && !is_slurms()) release(); // it is in a hurry
}

void Shim::kill_rank() {
    const bool was_running = rank_.is_running();
    rank_.kill_all();
    if (was_running && rank_.ended()) rank_ended();
}

void Shim::end_rank() {
    if (!rank_.is_running()) return leave();
    if (is_slurms() && by_runtime_) return limit_time(); // it has its TERM
    by_judge_ = true;
    rank_.signal(SIGTERM);
    kill_timer_ = loop_.after(until_kill, [this] { kill_rank(); });
}

void Shim::on_closed() {
    if (io_) io_->close();
    stream_.reset();
    if (leaving_ || released_) return leave();
    end_rank();
}

void Shim::on_runtime_gone() {
    by_runtime_ = true;
    if (rank_.is_running()) return kill_rank();
    release();
}

// As if the rank itself had been killed: whoever did it meant that.
void Shim::on_outer_gone() {
    rank_.is_running() ? kill_rank() : rank_.ended() ? void() : leave();
}

// All that the rank left behind ends; what it wrote is sent; then the judge hangs up.
void Shim::release() {
    report_held_end(); // which may be followed by its release
    if (released_) return;
    released_ = true;
    kill_rank();
    if (!stream_) return leave();
    loop_.after(until_leaving, [this] { leave(); });
    io_->when_at_end([this] { stream_->send(channel::Kind::done); });
}

void Shim::leave() {
    if (leaving_) return;
    leaving_ = true;
    rank_.kill_all();
    loop_.stop();
}

} // namespace px::wrapper
