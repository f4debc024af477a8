#pragma once
// A server in the background: a process group and session of its own, with nothing of the
// caller's open but what it was given.

#include "pxlaunch/base/fd.h"
#include "pxlaunch/discover/rendezvous.h"
#include "rec/cli/arguments.h"
#include "rec/cli/serve.h"
#include "rec/cli/site.h"

#include <sys/types.h>

namespace px::rec {

struct Background {
    pid_t guard = -1;     // our child, until it and the server have ended
    Fd keepalive;         // of a script's server: its closing ends the server
    std::string document; // the rendezvous file's path
    discover::Rendezvous server;
};

// The runtime that `up` and `run` were told to use, as of --rec; empty: none was named.
std::string named_rec(const Arguments &arguments);

// Of a server for many jobs by that runtime, from what `up` and `run` both know.
Result<ServeOptions> pool_options(const Arguments &arguments, const Site &site,
                                  const std::string &rec);

// The same for whoever has many jobs: which runtime is chosen with that in mind.
Result<ServeOptions> options_for_many(const Arguments &arguments, const Site &site);

// Returns when it is ready to take jobs. After an Error nothing is left running.
Result<Background> start_in_background(ServeOptions options, const discover::Here &here,
                                       std::chrono::milliseconds deadline);

} // namespace px::rec
