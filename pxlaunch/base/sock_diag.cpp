// sock_diag.cpp - asking the kernel for a socket, by netlink.
#include "pxlaunch/base/sock_diag.h"

#include "pxlaunch/base/fd.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace px {

namespace {

struct DiagRequest {
    nlmsghdr header;
    inet_diag_req_v2 body;
};

DiagRequest diag_request(const sockaddr_in &local, const sockaddr_in &remote) {
    DiagRequest request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.sdiag_family = AF_INET;
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_states = ~0U;
    request.body.id.idiag_sport = local.sin_port;
    request.body.id.idiag_dport = remote.sin_port;
    request.body.id.idiag_src[0] = local.sin_addr.s_addr;
    request.body.id.idiag_dst[0] = remote.sin_addr.s_addr;
    request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
}

} // namespace

std::optional<SocketFacts> find_socket(const sockaddr_in &local,
                                       const sockaddr_in &remote) {
    const Fd netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink) return {};
    const timeval patience{1, 0};
    ::setsockopt(netlink.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const DiagRequest request = diag_request(local, remote);
    if (::send(netlink.get(), &request, sizeof request, 0) != sizeof request) return {};

    alignas(nlmsghdr) char answer[2048];
    const ssize_t got = ::recv(netlink.get(), answer, sizeof answer, 0);
    const auto *header = reinterpret_cast<const nlmsghdr *>(answer);
    if (got < 0 || !NLMSG_OK(header, static_cast<std::size_t>(got))) return {};
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) return {};
    const auto *found = static_cast<const inet_diag_msg *>(NLMSG_DATA(header));
    SocketFacts facts;
    facts.local.sin_family = AF_INET;
    facts.local.sin_port = found->id.idiag_sport;
    facts.local.sin_addr.s_addr = found->id.idiag_src[0];
    facts.state = found->idiag_state;
    facts.uid = found->idiag_uid;
    facts.inode = found->idiag_inode;
    return facts;
}

} // namespace px
