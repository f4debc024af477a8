// door.cpp - accept() for the whole program: only our own uid comes in.
#include "rec/server/door.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/sock_diag.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace px::server {

namespace {

std::atomic<unsigned> refused{0};
constexpr unsigned nobody = ~0U; // no uid that a process can have

// SECURITY: of a socket that is closed already the kernel says uid 0, whoever it was.
std::optional<unsigned> ask_sock_diag(const sockaddr_in &peer, const sockaddr_in &local) {
    const auto found = find_socket(peer, local);
    if (!found) return {};
    return found->state != TCP_ESTABLISHED || found->inode == 0 ? nobody : found->uid;
}

// "0100007F:1F90", as /proc/net/tcp writes an address.
std::string proc_address(const sockaddr_in &address) {
    return fmt::format("{:08X}:{:04X}", address.sin_addr.s_addr, ntohs(address.sin_port));
}

std::optional<unsigned> ask_proc(const sockaddr_in &peer, const sockaddr_in &local) {
    const auto table = read_file("/proc/net/tcp", std::size_t{256} << 20);
    if (!table) return {};
    const auto row =
        table->find(" " + proc_address(peer) + " " + proc_address(local) + " ");
    if (row == std::string::npos) return {};
    unsigned state = 0, uid = 0;
    unsigned long inode = 0;
    // local remote st tx:rx tr:when retrnsmt uid timeout inode
    if (std::sscanf(table->c_str() + row, " %*s %*s %x %*s %*s %*s %u %*s %lu", &state,
                    &uid, &inode) != 3) {
        return {};
    }
    return state != TCP_ESTABLISHED || inode == 0 ? nobody : uid;
}

} // namespace

std::optional<unsigned> owner_of_peer(const sockaddr_in &peer, const sockaddr_in &local) {
    if (const auto uid = ask_sock_diag(peer, local)) return uid;
    return ask_proc(peer, local);
}

unsigned refused_connections() { return refused; }

namespace {

bool may_enter(int fd) {
    sockaddr_storage peer{}, local{};
    socklen_t peer_size = sizeof peer, local_size = sizeof local;
    if (::getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &peer_size) != 0)
        return false;
    if (::getsockname(fd, reinterpret_cast<sockaddr *>(&local), &local_size) != 0)
        return false;
    if (peer.ss_family != AF_INET) return false; // we listen on loopback, IPv4
    const auto uid = owner_of_peer(reinterpret_cast<sockaddr_in &>(peer),
                                   reinterpret_cast<sockaddr_in &>(local));
    return uid && *uid == ::geteuid();
}

// What libpmix gets in place of a stranger: a connection whose other end is closed
// already. An error would do in 4.2.2, but with 5.0.7 the server answered nobody any more
// after one refusal, so that any user could shut the door for all.
int close_at_once(int stranger) {
    int ends[2];
    const bool made = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
    ::close(stranger);
    if (!made) return -1; // no descriptors left: libpmix is told so by errno
    ::close(ends[1]);
    return ends[0];
}

} // namespace

int accept_own(int listener, sockaddr *address, socklen_t *size) {
    const int fd = ::accept4(listener, address, size, SOCK_CLOEXEC);
    if (fd < 0) return fd;
    if (!may_enter(fd)) {
        ++refused;
        return close_at_once(fd);
    }
    // Header and body are two writes: with Nagle's algorithm every answer of ours would
    // wait 40 ms for the peer's delayed acknowledgement.
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

} // namespace px::server

// Found before the C library's by libpmix's call, in the shared and in the static build.
extern "C" __attribute__((visibility("default"))) int
accept(int listener, sockaddr *address, socklen_t *size) {
    return px::server::accept_own(listener, address, size);
}
