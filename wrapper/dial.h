#pragma once
// Finding the judge of the job: every address is tried at once, and the first that
// welcomes us is it. Strangers at an address of that name on another network do not.

#include "pxlaunch/channel/assignment.h"
#include "pxlaunch/channel/messages.h"
#include "pxlaunch/channel/stream.h"

namespace px::wrapper {

class Dialer {
  public:
    // Null if nobody welcomes us before the deadline. Called once, from the loop; frames
    // that follow the welcome are for the handlers that it gives the stream. The Dialer
    // must live on until it returns.
    using Done = std::function<void(std::unique_ptr<channel::Stream>)>;

    Dialer(Loop &loop, const channel::Assignment &assignment, channel::Hello hello,
           Done done);
    ~Dialer();
    Dialer(const Dialer &) = delete;
    Dialer &operator=(const Dialer &) = delete;

  private:
    struct Line {
        Fd socket; // as long as it is not connected
        std::unique_ptr<channel::Stream> stream;
        bool open = true;
    };

    void dial(const std::string &address);
    void connected(Line &line);
    void drop(Line &line);
    void finish(std::unique_ptr<channel::Stream> stream);

    Loop &loop_;
    channel::Hello hello_;
    Done done_;
    std::vector<std::unique_ptr<Line>> lines_;
    Loop::Timer deadline_ = 0;
};

} // namespace px::wrapper
