#pragma once
// What a rank shim and the judge of its job say to each other, as frames on a stream: a
// kind, a size, and that many bytes. Either side may be from another build: a kind that
// is unknown is skipped.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace px::channel {

inline constexpr int protocol = 1;

enum class Kind : char {
    // From the shim.
    hello = 'H',   // messages.h: Hello; always the first
    out = 'o',     // bytes of the rank's output
    err = 'e',     // bytes of the rank's errors
    ended = 'X',   // messages.h: the rank's end
    refused = 'F', // messages.h: the rank never became a program
    alive = 'A',   // of a bare rank: it runs
    taken = 'T',   // the rank has taken one more frame of input
    traced = 'p',  // the rank's stack was sent, among its errors, if it runs
    done = 'D',    // after release: nothing of the rank lives, all its output was sent
    // To the shim.
    welcome = 'w', // the hello is that of a rank of this job; to an errand: the token
    go = 'G',      // entries of the rank's environment, each ended by a NUL: start it
    signal = 'S',  // its number, in decimal: to the rank's process group
    kill = 'K',    // the rank and all that it started
    in = 'i',      // bytes of input
    in_end = 'Z',  // the end of input
    window = 'W',  // "ROWS COLUMNS" of the terminal
    trace = 'P',   // the rank's stack is wanted
    release = 'R', // the job is over: clean up, say done, end
    // For slots of a DVM.
    ask = 'Q',     // how many, in decimal; hanging up gives them back
    granted = 'g', // they are there
    queued = 'q',  // not yet: why, in words
    again = 'B',   // start the DVM again, which has died
    begun = 'b',   // it is there; why it had died, to the one for whom it was started
                   // (or refused, with why it is not)
    // Of an errand (errand.h); to it a signal is one for a srun.
    facts = 'f', // from it: what it has found
    order = 'r', // to it: one srun
    words = 'v', // from it: what a srun says
    over = 'O',  // from it: how a srun ended
};

struct Frame {
    Kind kind;
    std::string body;
};

// So often a bare rank's shim says that it is alive; who is silent for long is lost.
inline constexpr std::chrono::milliseconds breath{2000}, silence{10'000};

// A longer one is no frame of ours: the stream is not to be trusted any more.
inline constexpr std::size_t most_bytes = 16 << 20;
inline constexpr std::size_t most_of_hello = 256 << 10; // with 40 bytes for each core

void append_frame(std::string &to, Kind kind, std::string_view body = {});

// Cuts a stream of bytes into frames.
class FrameReader {
  public:
    void add(std::string_view bytes);
    void accept_up_to(std::size_t most) { most_ = most; } // bytes of one frame
    std::optional<Frame> next(); // in order; none: more bytes are needed
    [[nodiscard]] bool broken() const { return broken_; } // for good

  private:
    std::string bytes_;
    std::size_t at_ = 0, most_ = most_bytes;
    bool broken_ = false;
};

} // namespace px::channel
