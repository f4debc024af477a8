#pragma once
// One process of a job, from a complete description to a running program. The child leads
// its own process group (its own session with a terminal), and dies with its parent.

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/host_root.h"
#include "pxlaunch/job/spec.h"

#include <string>
#include <vector>

namespace px::process {

struct ChildSpec {
    std::string program; // path to execute
    std::vector<std::string> argv;
    std::vector<std::string> env; // NAME=VALUE
    std::string directory;
    const job::Inherited *inherited = nullptr; // umask and rlimits, or leave them
    std::vector<int> cpus;           // hardware threads to run on; empty: leave it
    int in = -1, out = -1, err = -1; // become 0, 1 and 2
    int keep = -1;                   // stays open under its own number, or -1
    bool terminal = false;          // `in` is a terminal that becomes the controlling one
    bool dies_with_us = true;       // or somebody else sees to that
    const HostRoot *root = nullptr; // where `program` and `directory` are; or here
};

// The process id. On an Error nothing was left running; exit is 126 or 127 where the
// program itself is at fault.
Result<int> start_child(const ChildSpec &spec);

} // namespace px::process
