#pragma once
// The places where a server may be, each with a function that looks there.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/server_uri.h"

namespace px::discover {

// "Here but refused" is not "absent"; every state has its reason.
struct Candidate {
    enum State { absent, refused, usable };
    std::string name; // "uri", "parent", "pool", "local"
    State state = absent;
    std::string reason;
    std::string hint;   // what the user can do about a refusal
    bool stops = false; // refused, and going on to the next one would be wrong
};

// attach: it runs. start_local: a private one on this node. start_shared: the one server
// of all jobs of the allocation, or of all that name the same nodes.
struct Found {
    enum Kind { attach, start_local, start_shared };
    Kind kind = start_local;
    std::string from;      // the candidate's name
    ServerUri server;      // with attach
    bool ours = false;     // with attach: pxrec's server, or a private one to be started
    bool managed = false;  // it shares out its cores among jobs
    int cores = 0;         // with managed
    Allocation allocation; // that we are in
    // With start_shared: what tells it from others, how it starts processes ("local",
    // "prrte", "srun", "pmi2"), and its nodes, "name:cores".
    std::string pool, method;
    std::vector<std::string> hosts;
    std::string host_root; // below which its srun is; empty: it is here
    int threads = 0;       // Here::slurm_threads of its nodes
};

struct Look {
    std::vector<Candidate> candidates; // the last one is the answer
    std::optional<Found> found;

    [[nodiscard]] const Candidate &answer() const { return candidates.back(); }
};

// The server that started us, as its variables in our environment say.
Look look_at_parent(const Here &here);
// A server of ours for this allocation; servers for others and remains are named too.
Look look_at_pool(const Here &here);
// Withdraws what servers of this allocation that were killed have left to be found.
void forget_lost(const Here &here);
// The one discoverable server of that key which has the nodes that the user named; what
// else is there is named too, and so are several that would do.
Look look_for_key(const Here &here, const std::string &key);
// A PRRTE DVM over the nodes that the user named, a running one or one to be started; or
// over those of the allocation. A DVM that somebody started with prte is named, and not
// taken unasked: it may be for something else, on other nodes.
Look look_at_dvm(const Here &here);
// A server over the allocation's nodes whose jobs are steps of srun.
Look look_at_srun(const Here &here);
// The same where no srun is, for a script that is a task of `srun --mpi=pmi2`. Only if it
// is named.
Look look_at_pmi2(const Here &here);
// For --rec prrte, srun and pmi2: the server of this allocation, if it is of that method;
// then a DVM that the user has started, if it is the only one, or one to be started.
Look look_at_wanted(const std::string &method, const Here &here);
// What tells the DVM of the nodes that were named from others, as an allocation's key.
std::string key_of_hosts(const Here &here);
// A server on this node, to be started: in an allocation of one node that all its jobs
// share, else a private one.
Look look_at_local(const Here &here);

// Who may start one, in the order of trying: the site's, else as suits the allocation.
std::vector<std::string> start_order(const Here &here);

// All of them, in the order of discovery, for --probe.
std::vector<Candidate> look_at_all(const Here &here);

// The document of a server that is in use may have changed: what it says now.
Found look_again(Found found, const Here &here);

// What is known of a server by its address: whether it is one of ours, and what it says.
Found attach_to(ServerUri server, std::string from, const Here &here);

} // namespace px::discover
