#pragma once
// A job as a foreign server is to start it: every rank's command is the shim, which is
// told the rest in its environment.

#include "pxlaunch/channel/messages.h"
#include "pxlaunch/job/spec.h"
#include "pxlaunch/tool/runtime.h"

#include <string>
#include <vector>

namespace px::shims {

struct Report {
    std::string secret, host;
    std::vector<std::string> addresses;
};

// Of this process, on the node `host`, to whoever wants reports there: a DVM's keeper.
channel::Hello hello_to(const Report &keeper, const std::string &host);

// `wrapper`: pxwrap's path on every node. Same applications, counts and places. `seated`:
// one command starts all ranks (channel/seat.h), so each application's is the wrapper
// alone, and their environments can be put together.
job::Spec under_shims(const job::Spec &spec, const std::string &wrapper,
                      const Report &report, const tool::SpawnExtras &extras,
                      bool seated = false);

struct PlaceInJob {
    int app = 0, rank = 0; // the application's number, and the rank in it
};
PlaceInJob place_in(const job::Spec &spec, int rank);

} // namespace px::shims
