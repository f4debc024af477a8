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

struct Found {
    enum Kind { attach, start_local, start_dvm };
    Kind kind = start_local;
    std::string from;      // the candidate's name
    ServerUri server;      // with attach
    bool ours = false;     // with attach: pxrec's server, or a private one to be started
    bool managed = false;  // it shares out its cores among jobs
    int cores = 0;         // with managed
    Allocation allocation; // that we are in
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
// A PRRTE DVM over the nodes that the user named: a running one, or one to be started. A
// DVM that somebody started with prte is named, and not taken unasked: it may be for
// something else, on other nodes.
Look look_at_dvm(const Here &here);
// The same for --rec prrte: that of 'pxrec up', or the only one that the user has
// started.
Look look_at_wanted_dvm(const Here &here);
// What tells the DVM of the nodes that were named from others, as an allocation's key.
std::string key_of_hosts(const Here &here);
// A private server on this node, to be started.
Look look_at_local(const Here &here);

// All of them, in the order of discovery, for --probe.
std::vector<Candidate> look_at_all(const Here &here);

// The document of a server that is in use may have changed: what it says now.
Found look_again(Found found, const Here &here);

// What is known of a server by its address: whether it is one of ours, and what it says.
Found attach_to(ServerUri server, std::string from, const Here &here);

} // namespace px::discover
