#pragma once
// Finding the server that is to run a job. An ordered list of steps; each leaves the
// reason why it answered or did not. Reads the environment and files; starts and connects
// nothing.

#include "pxlaunch/discover/candidates.h"

namespace px::discover {

// What the user said; empty is nothing. The names say where, for messages. PXLAUNCH_REC
// and PXLAUNCH_URI are read from the environment if neither is given.
struct Wish {
    std::string rec = {};  // --rec NAME[:ARG]
    std::string uri = {};  // --uri
    bool no_start = false; // --no-start
    std::string rec_name = "--rec";
    std::string uri_name = "--uri";
};

struct Discovery {
    Result<Found> found;
    std::vector<Candidate> candidates; // all that were looked at, in order
    Reasons reasons;                   // about "server", for --explain
};

// Looks at candidates in order until one is usable; an explicit wish never falls back.
Discovery discover(const Wish &wish, const Here &here);

// What a server that is to be started here would be, whatever runs already: for pxrec.
// `rec`: as of --rec, a method and perhaps its argument; empty: the first that can.
Result<Found> find_start(const std::string &rec, const Here &here);

// The names that --rec takes, each with a line of explanation: --rec=help.
struct RecName {
    const char *name;
    const char *meaning;
};
const std::vector<RecName> &rec_names();

} // namespace px::discover
