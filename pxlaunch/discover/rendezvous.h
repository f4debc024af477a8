#pragma once
// The document by which a server of ours is found: DIRECTORY/rendezvous, JSON, mode 0600.

#include "pxlaunch/discover/run_directory.h"

namespace px::discover {

constexpr int rendezvous_protocol = 1;

struct Rendezvous {
    int protocol = rendezvous_protocol;
    std::string version;      // of pxrec
    std::string pmix_version; // of its library, "5.0.7"
    std::string uri;          // "NAMESPACE.RANK;tcp4://127.0.0.1:PORT"
    std::string secret;       // what a peer over TCP presents; empty: none is needed
    Owner owner;              // the server's process
    long uid = -1;
    std::string allocation = "none"; // Allocation::key()
    bool managed = false; // it shares its cores out among jobs that come and go
    int cores = 0;        // that it shares out
    double started = 0;   // seconds since the epoch
    std::string log;      // path; empty: none
    // Of a server that is PRRTE's, started and kept by us: its nodes in order, and where
    // its slots (`cores`) are given out, against the secret.
    std::string method = "local";
    std::vector<std::string> nodes, tickets;
    std::string died;    // why there is no DVM any more; its keeper starts it when asked
    int threads = 0;     // Here::slurm_threads of its nodes
    std::string wrapper; // with nodes: the path of pxwrap there; empty: not known
};

std::string rendezvous_path(const std::string &directory);

// In one step, so that nobody reads half of it.
Result<void> write_rendezvous(const std::string &directory, const Rendezvous &rendezvous);

// SECURITY: what is read decides where our programs and their environment go. A document
// counts only if it is a plain file of our uid that nobody else can read or write.
struct Sighting {
    enum State { absent, unusable, usable };
    State state = absent;
    std::string path;   // of the document
    std::string reason; // why it is not usable, or cannot be; "" otherwise
    Rendezvous server;  // as far as it could be read
};
Sighting read_rendezvous(const std::string &path, const Here &here);

// The same document in the environment of a script, for a place that does not have the
// file: another root directory, or a container. SECURITY: like the file it is for our
// uid, whose processes alone can read it there.
inline constexpr const char *rendezvous_variable = "PXLAUNCH_RENDEZVOUS";
std::string rendezvous_text(const Rendezvous &rendezvous); // one line
Sighting read_rendezvous_text(const std::string &text, const Here &here);

} // namespace px::discover
