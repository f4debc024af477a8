#pragma once
// Waiting for a descriptor, never without an end: a deadline, and whatever may interrupt
// it.

#include <chrono>

namespace px {

struct Patience {
    std::chrono::milliseconds deadline;
    int interrupt = -1; // a descriptor that ends the wait by being readable; -1: none
};

enum class Waited { ready, late, interrupted };

// Ready: `fd` can be read, or its other side is gone. Who waits several times for one
// thing gives the same start, and shares the deadline.
Waited
wait_for(int fd, const Patience &patience,
         std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now());

} // namespace px
