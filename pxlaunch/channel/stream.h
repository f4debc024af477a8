#pragma once
// One end of a channel: a connected socket on the loop, read and written in frames. It
// writes as fast as the peer takes it and keeps the rest; who sends much looks at
// unsent().

#include "pxlaunch/base/loop.h"
#include "pxlaunch/channel/frames.h"

namespace px::channel {

class Stream {
  public:
    struct Events {
        std::function<void(Frame)> frame;
        // The peer is gone, or unreachable, or speaks nonsense; why, as an error number
        // (0: it closed its end). The last event; the Stream may be destroyed in it.
        std::function<void(int error_number)> closed;
        std::function<void()> sent; // unsent() has become small; may be empty
    };

    Stream(Loop &loop, Fd socket, Events events); // the socket must not block
    ~Stream();
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;

    void handle(Events events) { events_ = std::move(events); }
    void accept_up_to(std::size_t most) { reader_.accept_up_to(most); } // of a frame
    void send(Kind kind, std::string_view body = {});
    [[nodiscard]] std::size_t unsent() const { return unsent_.size() - sent_; }
    void read(bool wanted); // false: frames wait, in the end in the peer

    static constexpr std::size_t enough = 256 << 10; // unsent: more is too much

  private:
    void on_ready(std::uint32_t events);
    void read_bytes();
    void note_sent(std::size_t bytes);
    bool write_bytes(); // false: closed
    void close(int error_number);
    void choose_events();
    void look_later();
    void look(); // whether the peer is there, which only its answers tell

    Loop &loop_;
    Fd socket_;
    Events events_;
    FrameReader reader_;
    std::string unsent_;
    std::size_t sent_ = 0; // of unsent_
    bool reads_ = true, watched_ = false, was_full_ = false;
    std::uint32_t watched_for_ = 0;
    int failure_ = 0; // of a send()
    Loop::Timer look_ = 0;
    int silent_looks_ = 0; // in a row
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// For a connected socket: small frames leave at once, and where there is nothing to send
// a peer that is silent because its node or the network is gone is noticed after about
// ten seconds, as a Stream notices it where there is.
void tune(const Fd &socket);

} // namespace px::channel
