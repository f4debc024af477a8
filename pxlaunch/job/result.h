#pragma once
// How a job ended, rank by rank, and the one function that turns it into an exit status.

#include "pxlaunch/base/exit_status.h"
#include "pxlaunch/job/spec.h"

#include <optional>
#include <string>
#include <vector>

namespace px::job {

// One rank's end. Times are seconds since the epoch.
struct RankEnd {
    int rank = 0;
    std::string host;
    int pid = 0;
    int exit_code = 0; // meaningful only if signal is 0
    int signal = 0;    // the signal that killed it, or 0
    double started = 0, ended = 0;
    bool core_dumped = false;

    [[nodiscard]] int status() const {
        return signal != 0 ? killed_by(signal) : exit_code;
    }
};

struct JobResult {
    bool lost_runtime = false;   // the server went away; nothing below is known
    bool timed_out = false;      // --timeout ended it
    std::optional<Exit> not_run; // ranks never became programs (125, 126, 127)
    int first_failure = -1;      // the rank that failed first, in time; -1: none did
    int status = 0;              // of that rank, or of MPI_Abort
    bool aborted = false;        // status comes from MPI_Abort or PMIx_Abort
    std::string abort_text;      // its message
    std::string explanation;     // the server's own words on what went wrong, if any
    std::string hint;
    std::vector<RankEnd> ranks; // may be empty on foreign servers
};

int exit_code(const JobResult &result, OnFailure rule);

} // namespace px::job
