#pragma once
// The slots of a DVM, given out in the order of asking: PRRTE refuses a job that does not
// fit now, so pxlaunch asks here first, and gives the slots back by hanging up.

#include "pxlaunch/channel/listener.h"

#include <deque>

namespace px::dvm {

class Tickets {
  public:
    static Result<std::unique_ptr<Tickets>> open(Loop &loop, int slots);

    [[nodiscard]] const std::string &secret() const { return listener_->secret(); }
    [[nodiscard]] std::vector<std::string> addresses() const {
        return listener_->addresses();
    }
    [[nodiscard]] int taken() const { return taken_; }
    [[nodiscard]] std::size_t holders() const { return holders_.size(); }
    [[nodiscard]] bool idle() const { return holders_.empty(); }

    void hang_up(); // on all who have slots or wait for some: their DVM is gone

    std::function<void()> on_change; // somebody came or went
    // Somebody wants the DVM started again: why it had died, empty if it has not.
    std::function<Result<std::string>(const std::string &uri)> on_again;

  private:
    struct Holder {
        std::unique_ptr<channel::Stream> stream;
        int wanted = 0; // 0: it has not asked yet
        bool granted = false;
    };

    Tickets(Loop &loop, int slots) : loop_(loop), slots_(slots) {}
    void arrived(std::unique_ptr<channel::Stream> stream);
    void asked(Holder &holder, const std::string &words);
    void begin_again(Holder &holder, const std::string &uri);
    void left(const Holder &holder);
    void serve();

    Loop &loop_;
    int slots_, taken_ = 0;
    std::unique_ptr<channel::Listener> listener_;
    std::deque<std::unique_ptr<Holder>> holders_; // in the order of coming
};

} // namespace px::dvm
