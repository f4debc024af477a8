// wire.cpp - read() for the whole program, found before the C library's by libpmix's
// calls.
#include "pxlaunch/tool/wire.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace px::tool {
void take_over_reading() {} // the linker takes this file with it, and so the one below
} // namespace px::tool

// A foreign server has Nagle's algorithm on and writes its messages in pieces: the next
// piece waits until we have acknowledged the last one, which the kernel does after 40 ms
// unless it is told, again after every read, to do it at once (PMIx 4.2.2 to 7.0).
extern "C" __attribute__((visibility("default"))) ssize_t read(int fd, void *bytes,
                                                               size_t size) {
    const ssize_t got = ::syscall(SYS_read, fd, bytes, size);
    if (got <= 0 || fd <= STDERR_FILENO) return got;
    const int saved = errno, one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one,
                 sizeof one); // fails where there is no TCP
    errno = saved;
    return got;
}
