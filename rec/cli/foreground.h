#pragma once
// A program in the foreground in our place: it has our terminal, our process group and
// our signals, and dies with us.

#include "pxlaunch/base/result.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace px::rec {

struct Program {
    std::string path;
    std::vector<std::string> argv, environment;
    std::string directory;
};

class Foreground {
  public:
    // From now on signals that end or steer a program are kept for it. Before start().
    static Foreground prepare();

    Result<void> start(const Program &program); // the Error's exit is 126 or 127
    int wait();                                 // its status, 128+N after a signal
    // Afterwards: whether it was to end, and whether within `milliseconds` that is said
    // (once more).
    [[nodiscard]] bool was_ended() const { return was_ended_; }
    bool is_ended_within(int milliseconds);

  private:
    sigset_t watched_{}, original_{};
    pid_t pid_ = -1;
    bool was_ended_ = false;
};

} // namespace px::rec
