#pragma once
// Finding a Listener by its addresses: all are tried, and the first that welcomes us is
// it. Strangers at the same address on another network do not.

#include "pxlaunch/channel/messages.h"
#include "pxlaunch/channel/stream.h"

#include <deque>
#include <optional>

namespace px::channel {

class Dialer {
  public:
    // Null if nobody welcomes us before the deadline. Called once, from the loop; frames
    // that follow the welcome are for the handlers that it gives the stream. The Dialer
    // must live on until it returns.
    using Done = std::function<void(std::unique_ptr<Stream>)>;

    // `host`: the Listener's node; a loopback address is for there alone.
    Dialer(Loop &loop, const std::vector<std::string> &addresses, const std::string &host,
           Hello hello, Done done);
    ~Dialer();
    // Whose welcome has another body is not whom we look for: nobody is, then. From
    // before the loop runs on; else any welcome will do.
    void trust_only(std::string token) { token_ = std::move(token); }
    [[nodiscard]] bool met_impostor() const { return met_impostor_; }
    // Where nobody has welcomed us: a connection stood, and who is there said nothing.
    [[nodiscard]] bool met_silence() const { return met_silence_; }
    Dialer(const Dialer &) = delete;
    Dialer &operator=(const Dialer &) = delete;

  private:
    struct Line {
        Fd socket; // as long as it is not connected
        std::unique_ptr<Stream> stream;
        bool open = true;
    };

    void dial_next();
    bool dial(const std::string &address);
    void connected(Line &line);
    void welcomed(Line &line, const Frame &welcome);
    void drop(Line &line);
    void finish(std::unique_ptr<Stream> stream);

    Loop &loop_;
    Hello hello_;
    Done done_;
    std::optional<std::string> token_;
    bool met_impostor_ = false, met_silence_ = false;
    std::vector<std::unique_ptr<Line>> lines_;
    std::deque<std::string> left_; // addresses
    Loop::Timer deadline_ = 0, next_ = 0;
};

} // namespace px::channel
