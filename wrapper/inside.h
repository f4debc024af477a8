#pragma once
// pxwrap as the first process of a container of one rank, where an engine needs its help:
// words arrive byte for byte although the engine's are text, and the rank does not
// outlive the engine's client, whose death tells the engine nothing.

#include "wrapper/engines/engine.h"
#include "wrapper/options.h"

#include <functional>

namespace px::wrapper {

// ASCII, and "%ff" for every other byte and for '%'.
std::string coded(const std::string &word);
Result<std::string> decoded(const std::string &word);

// The variables of a request that are no ASCII, as they were before with_help().
Result<job::Environment> with_decoded(const job::Environment &environment);

// The request with pxwrap before the command, if the engine needs that.
Result<engines::Request> with_help(const engines::Engine &engine,
                                   engines::Request request);

// The guard's word for a process: itself.
std::string this_process();

// Runs `become` in a child, which ends with the process that `guard` names, or so many
// seconds later as stand behind that, and ends as the child does. Never returns if it
// could be started.
Error run_guarded(const std::string &guard, const std::function<int()> &become);
// The same without such a process, in a session of its own: what ends us does not end it.
Error run_apart(const std::function<int()> &become);

} // namespace px::wrapper
