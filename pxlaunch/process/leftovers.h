#pragma once
// Processes that a job's ranks left behind. The server is their subreaper, so what a rank
// orphans becomes the server's child and can be found, whatever group or session it made.

#include <string>
#include <vector>

namespace px::process {

void become_subreaper();

// The last entry of PATH of every process that keeps a container for ranks, because the
// environment of podman's helpers has only PATH from us. They end by themselves after the
// last rank and take the container along; killed, they would leave it behind.
constexpr const char *keeper_path = "/.pxwrap/keeper";

// All children of this process but those that keep containers.
std::vector<int> own_children();

// Whether the process was started with PXLAUNCH_JOB=nspace.
bool is_of_job(int pid, const std::string &nspace);

// Kills every descendant of this process, again and again until there is none or
// `milliseconds` have passed; reaps them, and waits for those that keep containers
// till the last one has ended. For
// the guard, and for the end of the server.
void kill_all_descendants(int milliseconds);

} // namespace px::process
