#pragma once
// One container for all ranks of a job on a node: the first to come starts it, and all
// enter it.

#include "wrapper/container/state.h"
#include "wrapper/engines/engine.h"

#include <optional>

namespace px::wrapper::container {

constexpr const char *default_path = "/usr/local/bin:/usr/bin:/bin";

// This process is inside afterwards, where that keeper is, and what it executes keeps the
// container alive. None: nobody may enter it here, and the rank has to have a
// container of its own; once for a job and node that is said. An Error hands on the
// engine's own words.
Result<std::optional<Keeper>> join(const engines::Engine &engine,
                                   const engines::Request &request,
                                   const std::vector<std::string> &environment);

// Containers whose keepers are dead, and which podman, `program`, may still have in its
// books: they are its own processes' to remove, and a scheduler that ends a job may kill
// these, too. Returns an exit status.
int remove_dead(const std::string &program, const std::vector<std::string> &names);

// Where pxwrap itself is.
Result<std::string> this_program();

// The path of the engine's program; an Error says how to get on.
Result<std::string> program_of(const engines::Engine &engine);

} // namespace px::wrapper::container
