#pragma once
// A server of our own on this node, for one pxlaunch: a pxrec that ends when we do.

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/ready.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace px::tool {

std::optional<std::string> own_path(); // of this program

// Beside us, where it is installed; else along PATH.
Result<std::string> find_pxrec();

// The path of another program of ours, installed where this one is.
std::optional<std::string> beside_us(const std::string &program);

class LocalServer {
  public:
    // Starts it and returns at once; it gets ready while we do other things.
    // `words`: options of 'pxrec serve'. With a life of its own it does not end with us.
    enum class Life { ours, own };
    static Result<LocalServer> start(const std::vector<std::string> &words,
                                     Life life = Life::ours);

    Result<ReadyServer> wait(const Patience &patience);
    // The server ends when this process does, in whatever way. This ends it now, and
    // waits until nothing of it is left, at most that long: where process 1 does not reap
    // orphans, as in many containers, it would stay behind as a zombie.
    void end(std::chrono::milliseconds deadline);

  private:
    int pid_ = -1; // of the guard
    Fd keepalive_, ready_;
};

} // namespace px::tool
