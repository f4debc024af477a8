#pragma once
// What the kernel knows of one TCP socket (IPv4) of this node: one exact question,
// however many sockets there are.

#include <netinet/in.h>
#include <optional>

namespace px {

struct SocketFacts {
    sockaddr_in local{}; // a listener's may be the address of everybody
    int state = 0;       // TCP_ESTABLISHED, TCP_LISTEN, ...
    unsigned uid = 0;    // of its owner; SECURITY: 0 where `inode` is 0, whoever it is
    unsigned long inode = 0; // 0: its owner has closed it
};

// The socket at `local` that is connected to `remote`, or, where there is none, the one
// that listens for such a connection; nothing: there is none, or the kernel has no
// sock_diag (7).
std::optional<SocketFacts> find_socket(const sockaddr_in &local,
                                       const sockaddr_in &remote);

} // namespace px
