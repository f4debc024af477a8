#pragma once
// A command in a container: from the options to the program inside, in this process.

#include "wrapper/engines/engine.h"
#include "wrapper/options.h"

namespace px::wrapper {

// The row for these options: what they name, or the first engine on this node that can
// have such an image. Without an image it is "none".
Result<const engines::Engine *> choose_engine(const Options &options);

// What the options ask for, here and now: mounts, directory, environment, key.
Result<engines::Request> make_request(const Options &options,
                                      const std::vector<std::string> &environment,
                                      const engines::Engine &engine);

// Returns only if it cannot.
Error become_contained(const engines::Engine &engine, const engines::Request &request,
                       const std::vector<std::string> &environment);

// Puts the directory before PATH.
void search_first(job::Environment &environment, const std::string &directory);

// This process becomes a program of where it is. For a script inside an image it has the
// node's environment and of the script's what crosses.
Error become_outside(const Options &options, const std::vector<std::string> &environment);

// This process becomes that program; found along `path`, or where that is empty along
// PATH of `environment`.
Error become(const std::vector<std::string> &argv,
             const std::vector<std::string> &environment, const std::string &path = {},
             const std::string &where = {});

} // namespace px::wrapper
