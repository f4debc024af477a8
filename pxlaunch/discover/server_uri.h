#pragma once
// A PMIx server's address as text: "NAMESPACE.RANK;tcp4://ADDRESS:PORT", or a file that
// holds one: PMIx's own kind (the address, then "v5.0.7") or our rendezvous document.

#include "pxlaunch/discover/rendezvous.h"

namespace px::discover {

struct ServerUri {
    std::string attach;  // what to give to PMIX_SERVER_URI: the literal, or "file:PATH"
    std::string nspace;  // of the server
    std::string version; // its PMIx, "5.0.7"; empty: not known
    std::optional<Rendezvous> ours; // if it is a server of ours that says more of itself
    std::string address = {};       // the literal, where `attach` is a file
};

// `name` is where the text came from ("--uri", "PXLAUNCH_URI"), for the Error.
Result<ServerUri> read_server_uri(const std::string &text, const std::string &name,
                                  const Here &here);

// The namespace of a literal address; empty if it is none.
std::string namespace_of(const std::string &uri);

} // namespace px::discover
