#pragma once
// The ranks' output on its way to our stdout and stderr, or to files: order kept, lines
// kept whole, tagged if asked, never blocking the loop. Everything runs on the loop's
// thread; callbacks may come from inside take().

#include "pxlaunch/drive/files.h"
#include "pxlaunch/drive/output_names.h"
#include "pxlaunch/drive/output_sink.h"
#include "pxlaunch/job/spec.h"

#include <array>
#include <tuple>

namespace px::drive {

class OutputRouter {
  public:
    struct Events {
        // Source bytes that are written (or discarded): acknowledge them to the server.
        std::function<void(std::size_t bytes)> drained;
        // The reader of our stdout or stderr is gone (once each): end the job as SIGPIPE
        // would.
        std::function<void(Channel)> broken;
        std::function<void(Error)> error; // a destination failed otherwise; once for each
    };
    struct Where {
        int out = 1, err = 2;
    };

    // Creates the files that can be named already. `writers` are the job's ranks as far
    // as they are known (host may be empty).
    static Result<std::unique_ptr<OutputRouter>> create(Loop &loop, const job::Io &io,
                                                        std::vector<Writer> writers,
                                                        Events events, Where where);
    ~OutputRouter();

    // What was not known at create(): where ranks run, and the job's name for %j.
    Result<void> placed(std::vector<Writer> writers, std::string job);

    void take(int child, int rank, Channel channel, std::string_view bytes);
    void ended(int child, int rank); // no more output of this rank
    // A line of ours, in its place between the ranks' lines on stderr.
    void message(std::string_view line);

    [[nodiscard]] std::size_t pending() const {
        return taken_ - settled_;
    } // source bytes
    [[nodiscard]] bool broken(Channel channel) const {
        return broken_[static_cast<std::size_t>(channel)];
    }

    // Writes all unfinished lines; `done` comes when everything is written, perhaps at
    // once.
    void finish(std::function<void()> done);

  private:
    struct Route {
        Lines *lines;
        Lines::Source source;
    };
    using Key = std::tuple<int, int, Channel>; // child, rank, channel

    OutputRouter(Loop &loop, const job::Io &io, std::vector<Writer> writers,
                 Events events);
    void open_ours(Where where);
    [[nodiscard]] bool alone() const;
    Lines *add_lines(Sink &sink);
    Result<void> create_files();
    Route &route(int child, int rank, Channel channel);
    Lines *destination(int child, int rank, Channel channel);
    [[nodiscard]] Writer writer(int child, int rank) const;
    void settle(std::size_t bytes);
    void failed(Channel channel, int error_number);
    void arm();
    void tick();
    void check_finished();

    Loop &loop_;
    job::Io io_;
    std::vector<Writer> writers_;
    Events events_;
    std::string job_;
    std::optional<OutputNames> names_; // with --output
    FileSet files_;
    std::array<std::unique_ptr<FdSink>, 2> ours_; // no second if both are one file
    std::map<Sink *, std::unique_ptr<Lines>> lines_;
    std::array<Lines *, 2> our_lines_{};
    std::map<Key, Route> routes_;
    std::array<bool, 2> broken_{};
    std::size_t taken_ = 0, settled_ = 0;
    Loop::Timer timer_ = 0;
    std::function<void()> done_;
};

} // namespace px::drive
