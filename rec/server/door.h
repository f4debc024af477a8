#pragma once
// Who may connect. SECURITY: a server that can spawn is a remote shell, and PMIx's native
// security believes the uid that the peer states. So every connection that libpmix
// accepts in this program comes through our accept(), which asks the kernel who owns the
// other end of the loopback connection, and drops it unless that is our own uid.
// libpmix's listener thread calls it; nothing else does.

#include <netinet/in.h>
#include <optional>

namespace px::server {

// The uid that owns the socket at `peer` connected to `local`; nullopt if the kernel does
// not tell (sock_diag and /proc/net/tcp are both tried).
std::optional<unsigned> owner_of_peer(const sockaddr_in &peer, const sockaddr_in &local);

// How many connections were refused since the start.
unsigned refused_connections();

} // namespace px::server
