// output.cpp - which bytes go where, and when.
#include "pxlaunch/drive/output.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <sys/stat.h>

namespace px::drive {

namespace {

constexpr Milliseconds longest_wait{100}; // of an unfinished line

std::string time_stamp() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::tm local{};
    ::localtime_r(&now.tv_sec, &local);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03} ", local, now.tv_nsec / 1'000'000);
}

bool same_file(int a, int b) {
    struct stat one {
    }, other{};
    return ::fstat(a, &one) == 0 && ::fstat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

std::string tag(int child, int rank) {
    return child == 0 ? fmt::format("{}: ", rank) : fmt::format("{}.{}: ", child, rank);
}

std::size_t index(Channel channel) { return static_cast<std::size_t>(channel); }

} // namespace

Result<std::unique_ptr<OutputRouter>> OutputRouter::create(Loop &loop, const job::Io &io,
                                                           std::vector<Writer> writers,
                                                           Events events, Where where) {
    std::unique_ptr<OutputRouter> router(
        new OutputRouter(loop, io, std::move(writers), std::move(events)));
    if (!io.files.empty()) {
        router->names_ = PX_TRY(OutputNames::parse(io.files));
        router->names_->set_np(static_cast<int>(router->writers_.size()));
        if (!router->names_->uses_host() && !router->names_->uses_job()) {
            PX_TRY(router->create_files());
        }
    }
    router->open_ours(where);
    return router;
}

OutputRouter::OutputRouter(Loop &loop, const job::Io &io, std::vector<Writer> writers,
                           Events events)
    : loop_(loop), io_(io), writers_(std::move(writers)), events_(std::move(events)),
      files_({[this](std::size_t bytes) { settle(bytes); },
              [this](Error error) {
                  if (events_.error) events_.error(std::move(error));
              }}) {}

OutputRouter::~OutputRouter() { loop_.cancel(timer_); }

void OutputRouter::open_ours(Where where) {
    const auto open = [this](int fd, Channel channel) {
        auto &sink = ours_[index(channel)];
        sink = std::make_unique<FdSink>(
            loop_, fd,
            FdSink::Events{[this](std::size_t bytes) { settle(bytes); },
                           [this, channel](int why) { failed(channel, why); },
                           [this] { check_finished(); }});
        our_lines_[index(channel)] = add_lines(*sink);
    };
    open(where.out, Channel::out);
    if (same_file(where.out, where.err)) {
        our_lines_[index(Channel::err)] = our_lines_[index(Channel::out)];
    } else {
        open(where.err, Channel::err);
    }
}

// No line of one rank can meet another's.
bool OutputRouter::alone() const {
    return writers_.size() == 1 || (names_ && names_->is_directory());
}

Lines *OutputRouter::add_lines(Sink &sink) {
    auto &lines = lines_[&sink];
    if (!lines) {
        lines = std::make_unique<Lines>(
            sink, Lines::Style{io_.tag, io_.timestamp ? time_stamp : nullptr});
        lines->set_alone(alone());
    }
    return lines.get();
}

Result<void> OutputRouter::create_files() {
    for (const Writer &each : writers_) {
        PX_TRY(files_.create(names_->name(each, Channel::out, job_)));
        if (!io_.merge_stderr) {
            PX_TRY(files_.create(names_->name(each, Channel::err, job_)));
        }
    }
    return {};
}

Result<void> OutputRouter::placed(std::vector<Writer> writers, std::string job) {
    writers_ = std::move(writers);
    job_ = std::move(job);
    if (names_) names_->set_np(static_cast<int>(writers_.size()));
    for (Lines *lines : our_lines_) lines->set_alone(alone());
    return names_ ? create_files() : Result<void>();
}

Writer OutputRouter::writer(int child, int rank) const {
    const auto found =
        std::find_if(writers_.begin(), writers_.end(), [=](const Writer &each) {
            return each.child == child && each.rank == rank;
        });
    return found != writers_.end() ? *found : Writer{.child = child, .rank = rank};
}

Lines *OutputRouter::destination(int child, int rank, Channel channel) {
    if (io_.merge_stderr) channel = Channel::out;
    if (!names_) return our_lines_[index(channel)];
    return add_lines(files_.sink(names_->name(writer(child, rank), channel, job_)));
}

OutputRouter::Route &OutputRouter::route(int child, int rank, Channel channel) {
    const Key key{child, rank, channel};
    if (const auto known = routes_.find(key); known != routes_.end())
        return known->second;
    Lines *lines = destination(child, rank, channel);
    if (child != 0) lines->set_alone(names_ && names_->is_directory());
    return routes_.emplace(key, Route{lines, lines->add(tag(child, rank))}).first->second;
}

void OutputRouter::take(int child, int rank, Channel channel, std::string_view bytes) {
    taken_ += bytes.size();
    const Route &to = route(child, rank, channel);
    to.lines->take(to.source, bytes, Clock::now());
    if (timer_ == 0 && to.lines->holds_any()) arm();
}

void OutputRouter::ended(int child, int rank) {
    for (const Channel channel : {Channel::out, Channel::err}) {
        const auto known = routes_.find({child, rank, channel});
        if (known != routes_.end()) known->second.lines->end(known->second.source);
    }
}

void OutputRouter::message(std::string_view line) {
    our_lines_[index(Channel::err)]->interject(line);
}

void OutputRouter::settle(std::size_t bytes) {
    settled_ += bytes;
    if (events_.drained) events_.drained(bytes);
}

void OutputRouter::failed(Channel channel, int error_number) {
    if (error_number == EPIPE) {
        broken_[index(channel)] = true;
        if (events_.broken) events_.broken(channel);
    } else if (events_.error) {
        events_.error(Error{
            Exit::cannot_run,
            fmt::format("cannot write {}: {}",
                        channel == Channel::out ? "standard output" : "standard error",
                        error_text(error_number)),
            "the rest of its output is lost"});
    }
}

void OutputRouter::arm() {
    timer_ = loop_.after(longest_wait, [this] { tick(); });
}

void OutputRouter::tick() {
    const Clock::time_point now = Clock::now();
    std::optional<Clock::time_point> oldest;
    timer_ = 0;
    for (const auto &[sink, lines] : lines_) {
        // While the reader is slow, a line is unfinished only because we hold its job
        // back.
        if (sink->pending() != 0) lines->touch(now);
        const auto left = lines->flush_older(now - longest_wait);
        if (left && (!oldest || *left < *oldest)) oldest = left;
    }
    if (!oldest) return;
    const auto wait = std::chrono::ceil<Milliseconds>(*oldest + longest_wait - now);
    timer_ = loop_.after(wait, [this] { tick(); });
}

void OutputRouter::finish(std::function<void()> done) {
    for (const auto &[sink, lines] : lines_) lines->end_all();
    done_ = std::move(done);
    check_finished();
}

void OutputRouter::check_finished() {
    if (!done_) return;
    for (const auto &[sink, lines] : lines_) {
        if (sink->pending() != 0) return;
    }
    loop_.post(std::exchange(done_, nullptr));
}

} // namespace px::drive
