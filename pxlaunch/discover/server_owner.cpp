// server_owner.cpp - /proc/net/tcp, which tells the uid of every listener.
#include "pxlaunch/discover/server_owner.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cstdio>

namespace px::discover {

namespace {

constexpr std::size_t largest_table = std::size_t{64} << 20;

struct Listening {
    in_addr address{};
    unsigned port = 0;
};

// Of "NAMESPACE.RANK;tcp4://127.0.0.1:4711"; tcp6 is in another table, and PMIx uses it
// only where it is told to.
std::optional<Listening> listening_at(const std::string &uri) {
    const std::string scheme = "tcp4://";
    const auto begin = uri.find(scheme);
    const auto colon = uri.rfind(':');
    if (begin == std::string::npos || colon < begin + scheme.size()) return {};
    const auto port = parse_number(std::string_view(uri).substr(colon + 1), 65535);
    const auto host = uri.substr(begin + scheme.size(), colon - begin - scheme.size());
    Listening found;
    if (!port || ::inet_pton(AF_INET, host.c_str(), &found.address) != 1) return {};
    found.port = static_cast<unsigned>(*port);
    return found;
}

// The uid of the row of that listener: "local remote st tx:rx tr:when retrnsmt uid".
std::optional<long> listener_in(const std::string &table, in_addr address,
                                unsigned port) {
    const auto row =
        table.find(fmt::format(" {:08X}:{:04X} 00000000:0000 0A ", address.s_addr, port));
    if (row == std::string::npos) return {};
    long uid = -1;
    if (std::sscanf(table.c_str() + row, " %*s %*s %*s %*s %*s %*s %ld", &uid) != 1)
        return {};
    return uid;
}

} // namespace

std::optional<long> owner_of_listener(const std::string &uri, const Here &here) {
    const auto at = listening_at(uri);
    if (!at) return {};
    const auto table = read_file(here.sockets, largest_table);
    if (!table) return {};
    if (const auto uid = listener_in(*table, at->address, at->port)) return uid;
    // Who listens everywhere listens on loopback too. Another address may be another
    // node's.
    const bool loopback = ntohl(at->address.s_addr) >> 24 == 127;
    return loopback ? listener_in(*table, in_addr{}, at->port) : std::nullopt;
}

std::string why_not_own(const ServerUri &server, const Here &here) {
    const auto uid = owner_of_listener(server.address, here);
    if (!uid || *uid == static_cast<long>(here.uid)) return {};
    return fmt::format("the server {} runs as uid {}, you are {}", server.nspace, *uid,
                       here.uid);
}

} // namespace px::discover
