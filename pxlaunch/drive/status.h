#pragma once
// --status-fd: what happens to the job, a line of JSON for each event. Every line has
// "event" and "time" (seconds since the epoch):
//     {"event": "started", "version": 1, "job", "np", "pid"}       pid: of pxlaunch
//     {"event": "rank-ended", "rank", "host", "pid", "exit_code", "signal", ...}
//     {"event": "ended", "status"}
// A reader that is slow holds nothing up; one that is gone is no error.

#include "pxlaunch/drive/output_sink.h"
#include "pxlaunch/job/result.h"

namespace px::drive {

class StatusStream {
  public:
    // An Error where `fd` is not open for writing.
    static Result<std::unique_ptr<StatusStream>> open(Loop &loop, int fd);

    void started(const std::string &job, int np);
    void rank_ended(const job::RankEnd &end);
    void ended(int status);
    // Bytes that the reader has not taken; `written` comes when there are none.
    [[nodiscard]] std::size_t pending() const { return sink_->pending(); }
    void when_written(std::function<void()> written);

  private:
    explicit StatusStream(Loop &loop) : loop_(loop) {}
    void check_written();

    Loop &loop_;
    std::unique_ptr<FdSink> sink_;
    std::function<void()> written_;
};

} // namespace px::drive
