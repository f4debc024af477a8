#pragma once
// A descriptor of ours that others may share and whose reader may be slow: bytes are
// written as far as the other side takes them, the rest waits for the loop. Never blocks
// (files excepted), never sets O_NONBLOCK where our parent would see it. SIGPIPE must be
// blocked or ignored. Does not own the descriptor it is given.

#include "pxlaunch/drive/lines.h"

#include <deque>
#include <functional>
#include <string>

namespace px::drive {

class FdSink : public Sink {
  public:
    struct Events {
        std::function<void(std::size_t credit)> written;
        std::function<void(int error_number)>
            failed;                  // once; what comes later is discarded
        std::function<void()> empty; // nothing is pending any more
    };

    FdSink(Loop &loop, int fd, Events events);
    FdSink(const FdSink &) = delete;
    FdSink &operator=(const FdSink &) = delete;
    ~FdSink() override;

    void write(std::span<const std::string_view> pieces, std::size_t credit) override;
    [[nodiscard]] std::size_t pending() const override { return queue_.size() - head_; }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    // How to write without waiting.
    enum class Way {
        plain,   // regular files and devices: always ready
        own,     // a second, non-blocking opening of the same pipe or terminal
        socket,  // MSG_DONTWAIT
        careful, // shared and not to be opened again: poll, then little at a time
    };
    struct Mark {
        std::uint64_t end; // position in the stream
        std::size_t credit;
    };

    void choose_way();
    long put(std::span<const std::string_view> pieces);
    std::size_t put_all(std::span<std::string_view> pieces);
    void drain();
    void advance(std::size_t bytes);
    void fail(int error_number);
    void settle();
    void wait_for_room(bool wait);

    Loop &loop_;
    int fd_;
    Fd own_;
    Way way_ = Way::plain;
    std::size_t careful_bytes_ = 0; // at most so many at once in the careful way
    Events events_;
    std::string queue_;
    std::size_t head_ = 0; // of queue_, already written
    std::deque<Mark> marks_;
    std::uint64_t written_ = 0, accepted_ = 0;
    bool failed_ = false, waiting_ = false;
};

} // namespace px::drive
