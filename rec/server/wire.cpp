// wire.cpp - send() and writev() for the whole program, found before the C library's by
// libpmix's calls: how our answers leave.
#include "rec/server/wire.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace px::server {
void take_over_the_wire() {} // the linker takes this file with it, and so the two below
} // namespace px::server

// In a handshake a peer that has gone is noticed at the next read, not at a write.
// libpmix 4.2.2 crashes when its answer to a tool's handshake cannot be sent
// (ptl_base_connection_hdlr.c: the namespace is taken off a list that it was never put
// on), so one tool that is killed while it attaches would end the server and all jobs.
extern "C" __attribute__((visibility("default"))) ssize_t send(int fd, const void *bytes,
                                                               size_t size, int flags) {
    const ssize_t sent = ::sendto(fd, bytes, size, flags | MSG_NOSIGNAL, nullptr, 0);
    if (sent >= 0 || (errno != EPIPE && errno != ECONNRESET)) return sent;
    return static_cast<ssize_t>(size); // as if it had left just before the peer did
}

// Who answers a peer acknowledges at once what the peer says next. The kernel takes a
// side that answers for one that will soon answer again, and keeps its acknowledgements
// back for 40 ms; libpmix's clients have Nagle's algorithm on, so that the second of two
// small messages of theirs (MPI_Init and MPI_Finalize of Open MPI 5 each send some) would
// wait for it.
extern "C" __attribute__((visibility("default"))) ssize_t
writev(int fd, const iovec *parts, int count) {
    const ssize_t written = ::syscall(SYS_writev, fd, parts, count);
    if (written <= 0) return written;
    const int saved = errno, one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one,
                 sizeof one); // fails where there is no TCP
    errno = saved;
    return written;
}
