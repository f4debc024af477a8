#pragma once
// The guard: a small process above the server that outlives it. Whatever ends the server,
// the guard then kills every process that descends from it, and removes its directory.
// Named pxguard, so that killing "pxrec" by name leaves it at work.

#include <functional>
#include <string>

namespace px::rec {

struct Guarded {
    int keepalive = -1; // end of file: the owner is gone; -1: no owner
    int ready = -1; // the server's alone: its closing must be seen when the server dies
    std::function<void()> begin; // by the guard, while the server starts
    std::function<void(bool clean)>
        finish; // after all is dead; clean: the server ended by itself
};

// Forks. Returns in the child, which is to become the server; the parent stays behind as
// the guard and never returns. Must be called before any thread exists.
void fork_under_guard(const Guarded &guarded);

} // namespace px::rec
