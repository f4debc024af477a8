#pragma once
// A job as the server knows it: what was asked for, where its ranks are, and what became
// of them. Plain data; JobTable is the only one that changes it, on the loop's thread.

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/loop.h"
#include "pxlaunch/job/result.h"
#include "rec/map/layout.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace px::jobs {

// A PMIx process: a tool or a rank.
struct Peer {
    std::string nspace;
    unsigned rank = 0;
    bool operator==(const Peer &) const = default;
};

// A job as it is handed in.
struct Submission {
    job::Spec spec;
    Peer owner;            // who asked; the job dies with it
    std::string parent;    // the job whose rank asked, or that pxlaunch runs in; or empty
    bool is_child = false; // asked for by a rank itself (MPI_Comm_spawn)
    bool dies_with_owner = true;
    bool flow = false;         // the owner begins and acknowledges output explicitly
    bool forwarded = false;    // libpmix itself brings the output: nobody will pull it
    bool map_only = false;     // PMIX_DO_NOT_LAUNCH: place it, start nothing
    int rows = 0, columns = 0; // of the terminal, with spec.io.pty
};

struct InputChunk {
    std::shared_ptr<const std::string> bytes; // shared by all ranks that get it
    std::size_t offset = 0;
    bool end = false;           // end of file after these bytes
    std::shared_ptr<void> done; // its deleter answers the sender
};

struct Rank {
    int pid = -1;
    bool reaped = false;
    bool connected = false; // has been a PMIx client
    job::RankEnd end;
    Fd out, err; // our ends; open until their end of file
    Fd in;       // pipe or the terminal's our side
    bool in_watched = false;
    bool terminal = false; // `in` and `out` are a terminal's
    std::deque<InputChunk> input;
    Fd pmi; // our end of the PMI-1 trap
};

class Step;

struct Job {
    std::string nspace;
    unsigned number = 0;
    Submission asked;
    map::Layout layout;
    std::vector<Rank> ranks;
    std::shared_ptr<Step> step; // who runs them; none: we do
    Job *root = nullptr;        // the tool's job; itself, unless a rank spawned this one
    unsigned child = 0;         // number among the root's descendants, 0 for the root
    unsigned last_child = 0;    // of a root
    unsigned open_children = 0; // of a root: descendants not yet ended

    job::JobResult result; // filled as ranks end
    unsigned running = 0;  // ranks not yet reaped; of a step 1
    bool stopping = false; // TERM or KILL has been sent to all
    int sweep_rounds = 0;  // seconds that its output stayed open after its last rank
    bool sweeping = false; // all reaped; what they left behind is being killed
    bool ended = false;
    bool silent = false; // nobody is told of its end
    Loop::Timer grace_timer = 0, sweep_timer = 0;

    bool pulled = false; // the owner takes output
    bool paused = false; // the window is full
    unsigned long long delivered = 0,
                       acknowledged = 0; // bytes, of a root and its descendants
};

} // namespace px::jobs
