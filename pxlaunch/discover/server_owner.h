#pragma once
// Whose process listens at a server's address, as the kernel of this node knows it.
//
// SECURITY: a server runs our programs with our environment, and PRRTE 3.0.8 runs those
// of anybody as its owner: a client uses no other user's server, whoever has told it the
// address.

#include "pxlaunch/discover/server_uri.h"

namespace px::discover {

// The uid; nothing: nobody listens there, or it is not on this node.
std::optional<long> owner_of_listener(const std::string &uri, const Here &here);

// "the server X runs as uid 7, you are 8"; empty: it is ours, or nobody can tell.
std::string why_not_own(const ServerUri &server, const Here &here);

} // namespace px::discover
