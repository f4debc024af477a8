#pragma once
// The names that pxlaunch and pxrec add to PMIx's own. They are part of the protocol of
// DESIGN "compatibility": a key is never given a new meaning. No PMIx header is needed
// here.

namespace px::pmix::key {

// In PMIx_Spawn, job level.
inline constexpr const char *umask = "px.umask";     // int
inline constexpr const char *rlimits = "px.rlimits"; // string: "RESOURCE SOFT HARD\n"...
inline constexpr const char *grace = "px.grace";     // uint32, milliseconds
inline constexpr const char *start_timeout = "px.start_timeout"; // uint32, milliseconds
inline constexpr const char *on_failure = "px.on_failure"; // string: kill | wait | ignore
inline constexpr const char *no_wait = "px.no_wait";       // bool
inline constexpr const char *exclusive = "px.exclusive";   // bool
inline constexpr const char *parent = "px.parent";         // string: "NAMESPACE.RANK"
inline constexpr const char *pty = "px.pty";               // string: "ROWS COLUMNS"
inline constexpr const char *merge = "px.merge";           // bool: stderr is stdout
// bool: the owner says when output may begin (px.begin), and acknowledges it (px.ack)
inline constexpr const char *flow = "px.flow";
inline constexpr const char *exact_env =
    "px.exact_env"; // bool: env is the whole environment
// In PMIx_Spawn, application level.
inline constexpr const char *cpus = "px.cpus";         // uint32: cores of each rank
inline constexpr const char *gpus = "px.gpus";         // uint32: GPUs of each rank
inline constexpr const char *per_node = "px.per_node"; // uint32
inline constexpr const char *path = "px.path"; // string: where to look for the command

// In PMIx_Job_control.
inline constexpr const char *begin = "px.begin"; // bool: the owner is ready for output
inline constexpr const char *ack = "px.ack";     // uint64: bytes of output written
inline constexpr const char *winsize = "px.winsize"; // string: "ROWS COLUMNS"
inline constexpr const char *stacks =
    "px.stacks"; // bool: stack traces to the ranks' stderr

// In PMIx_Query, and the answers.
inline constexpr const char *error = "px.error"; // the caller's last refused spawn
inline constexpr const char *end = "px.end"; // how a job ended, as in PMIX_EVENT_JOB_END
inline constexpr const char *counts = "px.counts"; // string, ranks of each app: "4 2"; same
inline constexpr const char *layout = "px.layout"; // string, JSON; qualifier PMIX_NSPACE
inline constexpr const char *jobs = "px.jobs"; // string, JSON: all jobs and their ranks
inline constexpr const char *status = "px.status";   // string, JSON: the server itself
inline constexpr const char *waiting = "px.waiting"; // string: why the caller's job waits
inline constexpr const char *exit = "px.exit";       // int: Exit of an error
inline constexpr const char *what = "px.what";       // string
inline constexpr const char *hint = "px.hint";       // string

// In the PMIX_EVENT_JOB_END of our own server.
inline constexpr const char *ranks = "px.ranks"; // string: one line for each rank's end
inline constexpr const char *aborted = "px.aborted"; // bool: status is that of an abort

// The namespace of our own servers starts so; anything else is a foreign server. No '.'
// in it: libpmix splits "NAMESPACE.RANK;tcp4://..." at the first one (5.0,
// ptl_base_connect.c).
inline constexpr const char *server_prefix = "pxrec-";

// IOF sources of a job that a rank spawned: child number above, rank below.
inline constexpr unsigned child_shift = 22;

} // namespace px::pmix::key
