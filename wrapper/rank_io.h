#pragma once
// A rank's output on its way into the channel and its input out of it, both no faster
// than the slower side.

#include "pxlaunch/channel/stream.h"
#include "pxlaunch/process/streams.h"

#include <deque>

namespace px::wrapper {

class RankIo {
  public:
    RankIo(Loop &loop, channel::Stream &stream) : loop_(loop), stream_(stream) {}
    ~RankIo() { close(); }
    RankIo(const RankIo &) = delete;
    RankIo &operator=(const RankIo &) = delete;

    void open(process::Streams ours, bool terminal);
    void close();

    void resume();               // the channel has room again
    void put(std::string bytes); // input
    void put_end();
    void resize(std::string_view rows_and_columns);

    // When both outputs are at their end: at once if they are.
    void when_at_end(std::function<void()> done);

  private:
    void watch(Fd &fd, channel::Kind kind);
    void read(Fd &fd, channel::Kind kind);
    void write();
    void close_input();
    void check_end();

    Loop &loop_;
    channel::Stream &stream_;
    process::Streams ours_;
    bool open_ = false, terminal_ = false, input_watched_ = false;
    std::deque<std::string> input_; // an empty one: the end
    std::size_t written_ = 0;       // of the first
    std::function<void()> at_end_;
};

} // namespace px::wrapper
