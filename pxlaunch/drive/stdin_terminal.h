#pragma once
// Our own terminal while a rank has one too (--pty): raw, so that keys arrive there as
// typed, and given back as it was, whatever happens.

#include "pxlaunch/base/result.h"

#include <optional>
#include <termios.h>

namespace px::drive {

struct WindowSize {
    int rows = 0, columns = 0;
};
// Nothing where `fd` is no terminal, or one that does not know.
std::optional<WindowSize> window_size(int fd);

class RawTerminal {
  public:
    // An Error where `fd` is no terminal. It is not raw before enter().
    static Result<RawTerminal> of(int fd);
    RawTerminal(RawTerminal &&other) noexcept;
    RawTerminal &operator=(RawTerminal &&) = delete;
    ~RawTerminal() { leave(); }

    void enter(); // also after SIGCONT
    void leave(); // before we stop, and at the end; may be called at any time

  private:
    explicit RawTerminal(int fd, const termios &original)
        : fd_(fd), original_(original) {}

    int fd_;
    termios original_;
    bool raw_ = false;
};

} // namespace px::drive
