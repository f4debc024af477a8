#pragma once
// What a rank shim is told through its environment, because a foreign runtime hands on
// nothing else unchanged: whom to report to, and what its rank is to be. As PXWRAP_JOB_0,
// PXWRAP_JOB_1, ...: one value may not be longer than 128 KiB (Linux, MAX_ARG_STRLEN).

#include "pxlaunch/base/result.h"
#include "pxlaunch/job/spec.h"

#include <optional>
#include <string>
#include <vector>

namespace px::channel {

enum class Describe { no, yes, only };

struct Assignment {
    // The judge of the job. SECURITY: the secret lets a process speak as a rank of this
    // job, nothing more; it is in the environment, which only our own uid can read.
    std::string secret;                 // empty: nobody wants a report
    std::string host;                   // where it is; a loopback address is for there
    std::vector<std::string> addresses; // "10.0.0.1:4711", "[2001:db8::1]:4711"
    // The rank.
    std::string directory, path;
    std::vector<std::string> env; // the application's, whole
    job::Inherited inherited;
    job::Stdin input;
    int size = 0; // ranks of the job; 0: only the runtime knows
    bool merge_stderr = false;
    Describe describe = Describe::no;   // the node, with the hello; only: start nothing
    int rows = 0, columns = 0;          // of the terminal of rank 0; 0: it has none
    std::vector<std::string> argv = {}; // empty: pxwrap's command line has it
    bool must_reach = false; // whom to report to; else the rank starts without a report
};

// Entries NAME=VALUE. `app`: the application's number, where ranks of several look into
// one environment (seat.h).
std::vector<std::string> to_environment(const Assignment &assignment, int app = 0);

// Nothing if there is none; an Error if it is damaged.
Result<std::optional<Assignment>>
find_assignment(const std::vector<std::string> &environment, int app = 0);

} // namespace px::channel
