#pragma once
// Where the shims of one job report: a port that is open as long as the job, on every
// address of this machine, because only the ranks' nodes know by which one they reach us.
//
// SECURITY: who does not present the job's secret within seconds is hung up on; what a
// peer says before that is bounded and not acted upon.

#include "pxlaunch/channel/messages.h"
#include "pxlaunch/channel/stream.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace px::shims {

class Listener {
  public:
    // A shim that knows the secret. It has not been welcomed yet.
    using Arrived = std::function<void(std::unique_ptr<channel::Stream>, channel::Hello)>;

    static Result<std::unique_ptr<Listener>> open(Loop &loop, Arrived arrived);
    ~Listener();
    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    [[nodiscard]] const std::string &secret() const { return secret_; }
    // "ADDRESS:PORT" each; loopback last.
    [[nodiscard]] std::vector<std::string> addresses() const;

  private:
    struct Stranger {
        std::unique_ptr<channel::Stream> stream;
        Loop::Timer deadline = 0;
    };

    Listener(Loop &loop, Arrived arrived) : loop_(loop), arrived_(std::move(arrived)) {}
    void accept_all();
    void on_frame(Stranger &stranger, const channel::Frame &frame);
    void forget(const Stranger &stranger);

    Loop &loop_;
    Arrived arrived_;
    Fd socket_;
    int port_ = 0;
    std::string secret_;
    std::vector<std::unique_ptr<Stranger>> strangers_;
};

} // namespace px::shims
