#pragma once
// Where the ranks of a job sit, for a runtime that is given one command for all of them
// (srun): each shim looks up its own rank. Beside the assignments of the applications.

#include "pxlaunch/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace px::channel {

struct Seat {
    int app = 0; // the application's number
    // To be bound to: places in the list of the hardware threads that the job may use on
    // the node, whose numbers only the node knows: core by core, each core's together, in
    // the order of the lowest of each. Empty: not bound.
    std::vector<int> cpus;
    // That list is taken to be so long; or to have so many cores, which are then numbered
    // in the threads' place. Else the numbers mean nothing.
    int threads = 0;
    bool if_so = false; // not bound if it is not; or that is an error
    bool operator==(const Seat &) const = default;
};

// Entries NAME=VALUE, by rank.
std::vector<std::string> to_environment(const std::vector<Seat> &seats);

// Nothing if nobody has a seat; an Error if this rank has none.
Result<std::optional<Seat>> find_seat(const std::vector<std::string> &environment,
                                      int rank);

} // namespace px::channel
