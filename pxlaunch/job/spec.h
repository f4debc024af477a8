#pragma once
// What is to be run: the value that the command line becomes, that --dry-run prints, that
// travels in PMIx_Spawn, and that pxrec's server launches. It holds no decision that is
// still open: counts, places and environments are resolved before a Spec is complete.

#include "pxlaunch/job/placement.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace px::job {

// Where the ranks of an application are, if not where pxlaunch is. From inside an image
// that is the node, too: without an image.
struct Container {
    std::string image, engine, pull; // engine, pull: empty means what is there
    std::vector<std::string> mounts, devices;
    std::vector<std::string> pass;        // what goes along: names, patterns, NAME=VALUE
    bool whole_environment = false;       // all of env does
    bool from_inside = false;             // what is not env is of those who start them
    std::optional<std::string> directory; // inside; else the app's, where it is mounted
};

// One application of the job (the parts between ':' on the command line).
struct App {
    std::vector<std::string> argv; // argv[0] is the command as the user spelled it
    std::string directory;         // working directory of its ranks, absolute
    std::vector<std::string>
        env;               // NAME=VALUE, whole, less what each rank gets of its own
    std::string path;      // where to look for argv[0]; empty: PATH in env
    int np = 0;            // ranks; 0 while not yet known
    int per_node = 0;      // ranks on each node; 0: not asked for
    int cpus_per_rank = 0; // cores; 0: not asked for
    int gpus_per_rank = 0; // 0: leave the GPU masks alone
    std::vector<std::string> hosts; // names to use, "name" or "name:slots"; empty: all
    std::optional<Container> container;
};

enum class StdinTo { one, all, none };
struct Stdin {
    StdinTo to = StdinTo::one;
    int rank = 0; // with StdinTo::one
};

// Input and output, as far as the side that owns the terminal handles them.
struct Io {
    Stdin input;
    bool tag = false;          // each line starts with "RANK: "
    bool timestamp = false;    // each line starts with the time
    bool merge_stderr = false; // the ranks' stderr goes where their stdout goes
    bool pty = false;          // rank 0 has a terminal
    std::string files; // "DIR/" or a pattern with %r %h %j %a %n; empty: our own stdout
};

enum class OnFailure { kill, wait, ignore };

// How long, and what then. Durations are never negative.
struct Limits {
    std::optional<std::chrono::milliseconds> timeout; // of the whole job
    std::chrono::milliseconds start_timeout{60'000};  // attach and spawn
    std::chrono::milliseconds grace{10'000};          // from TERM to KILL
    bool stacks_on_timeout = false;
    OnFailure on_failure = OnFailure::kill;
    std::vector<int> forward_signals; // numbers
    bool no_wait = false;             // a job that does not fit now is an error
};

// Attributes of the process itself that ranks share with pxlaunch.
struct Inherited {
    int umask = 022;
    struct Rlimit {
        int resource; // RLIMIT_*
        unsigned long long soft, hard;
    };
    std::vector<Rlimit> rlimits;
};

struct Spec {
    std::vector<App> apps;
    Placement placement;
    Io io;
    Limits limits;
    Inherited inherited;

    // False as long as only the server can know how many ranks an application has.
    [[nodiscard]] bool is_counted() const {
        for (const auto &app : apps) {
            if (app.np <= 0) return false;
        }
        return true;
    }
    [[nodiscard]] int np() const {
        int sum = 0;
        for (const auto &app : apps) sum += app.np;
        return sum;
    }
};

} // namespace px::job
