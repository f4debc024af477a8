#pragma once
// The exit statuses that pxlaunch and pxrec themselves choose; one table, which the man
// page repeats and a test compares. Every other status is the job's own.

namespace px {

enum class Exit : int {
    ok = 0,
    usage = 2,            // the command line or a configuration file is wrong
    timeout = 124,        // --timeout expired
    cannot_run = 125,     // we could not run the job, or lost the runtime
    not_executable = 126, // the command was found and cannot be executed
    not_found = 127,      // the command was not found
};

// The status of a process that was ended by a signal, as every shell reports it.
constexpr int killed_by(int signal_number) { return 128 + signal_number; }

} // namespace px
