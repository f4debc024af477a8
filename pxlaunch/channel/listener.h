#pragma once
// Where peers on other nodes report: a port on every address of this machine, because
// only they know by which one they reach us.
//
// SECURITY: who does not present the secret within seconds is hung up on; what a peer
// says before that is bounded and not acted upon.

#include "pxlaunch/channel/messages.h"
#include "pxlaunch/channel/stream.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace px::channel {

class Listener {
  public:
    // Somebody who knows the secret. It has not been welcomed yet.
    using Arrived = std::function<void(std::unique_ptr<Stream>, Hello)>;

    static Result<std::unique_ptr<Listener>> open(Loop &loop, Arrived arrived);
    ~Listener();
    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    [[nodiscard]] const std::string &secret() const { return secret_; }
    // "ADDRESS:PORT" each; loopback last.
    [[nodiscard]] std::vector<std::string> addresses() const;

  private:
    struct Stranger {
        std::unique_ptr<Stream> stream;
        Loop::Timer deadline = 0;
        Clock::time_point since = Clock::now();
    };

    Listener(Loop &loop, Arrived arrived) : loop_(loop), arrived_(std::move(arrived)) {}
    void listen();
    void rest(Milliseconds time); // or until a stranger is gone
    bool has_room();
    void accept_all();
    void on_frame(Stranger &stranger, const Frame &frame);
    void forget(const Stranger &stranger);

    Loop &loop_;
    Arrived arrived_;
    Fd socket_;
    int port_ = 0;
    std::string secret_;
    std::vector<std::unique_ptr<Stranger>> strangers_; // the oldest first
    bool listens_ = false;
    Loop::Timer rest_ = 0;
};

} // namespace px::channel
