#pragma once
// The border of a container, as seen by those who start processes outside that go inside.
// What a script inside hands on to its ranks is for the inside alone, while on their way
// there, pxwrap and the engine need the environment of the node. So the one travels
// packed, each NAME=VALUE as PXWRAP_ENV_NAME=VALUE, and whoever starts the rank adds its
// own.

#include "pxlaunch/job/environment.h"

namespace px::job {

// What belongs to a job: the variables of the runtime, of MPI, OpenMP and devices.
bool belongs_to_job(std::string_view name);

Environment packed(const Environment &env);
bool is_packed(const Environment &env);
Environment unpacked(const Environment &env); // the packed entries alone

// A daemon may have a TMPDIR that is for itself alone. Then this holds the one that
// others on its node have; empty: they have none.
inline constexpr const char *tmpdir_around = "PXWRAP_TMPDIR";

// Adds to a packed environment what it lacks of `own`, the environ of the process that
// starts the rank, less what belongs to a job or to one process.
void add_surroundings(Environment &env, const char *const *own);

} // namespace px::job
