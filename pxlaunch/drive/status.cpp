// status.cpp - events as lines of JSON.
#include "pxlaunch/drive/status.h"

#include "pxlaunch/base/seconds.h"
#include "pxlaunch/drive/report.h"
#include "pxlaunch/drive/report_json.h"

#include <fmt/format.h>

#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace px::drive {

namespace {

void put(Sink &sink, const Json &event) {
    const std::string line = event.dump() + "\n";
    sink.write(std::array{std::string_view(line)}, 0);
}

Json event(const char *name) {
    return {{"event", name}, {"time", seconds_since_epoch()}};
}

} // namespace

Result<std::unique_ptr<StatusStream>> StatusStream::open(Loop &loop, int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        return usage_error(
            fmt::format("--status-fd: descriptor {} is not open{}", fd,
                        flags < 0 ? "" : " for writing"),
            fmt::format("let the shell open it: pxlaunch --status-fd {} ... {}>FILE", fd,
                        fd));
    }
    std::unique_ptr<StatusStream> stream(new StatusStream(loop));
    StatusStream *self = stream.get();
    stream->sink_ = std::make_unique<FdSink>(
        loop, fd, FdSink::Events{{}, {}, [self] { self->check_written(); }});
    return stream;
}

void StatusStream::started(const std::string &job, int np) {
    Json line = event("started");
    line["version"] = 1;
    line["job"] = json_word(job);
    line["np"] = np;
    line["pid"] = ::getpid();
    put(*sink_, line);
}

void StatusStream::rank_ended(const job::RankEnd &end) {
    Json line = event("rank-ended");
    line.update(json_rank(end));
    put(*sink_, line);
}

void StatusStream::ended(int status) {
    Json line = event("ended");
    line["status"] = status;
    put(*sink_, line);
}

void StatusStream::when_written(std::function<void()> written) {
    written_ = std::move(written);
    check_written();
}

void StatusStream::check_written() {
    if (written_ && pending() == 0) loop_.post(std::exchange(written_, nullptr));
}

} // namespace px::drive
