// server_owner.cpp - sock_diag, or /proc/net/tcp, which tells the uid of every listener.
#include "pxlaunch/discover/server_owner.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/sock_diag.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cstdio>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <utility>
#include <vector>

namespace px::discover {

namespace {

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

// Who listens everywhere listens on loopback too. Another address may be another node's.
bool is_loopback(const Listening &at) { return ntohl(at.address.s_addr) >> 24 == 127; }

struct Row {
    unsigned address = 0, port = 0, state = 0;
    long uid = -1;
};

// "sl: local remote st tx:rx tr:when retrnsmt uid ..."; the heading is no row.
std::optional<Row> row_in(const std::string &line) {
    Row row;
    const int read = std::sscanf(line.c_str(), "%*d: %8X:%4X %*s %2X %*s %*s %*s %ld",
                                 &row.address, &row.port, &row.state, &row.uid);
    return read == 4 ? std::optional(row) : std::nullopt;
}

constexpr unsigned listening = 0x0A; // TCP_LISTEN

// The listeners come first, in rows of equal length. A row at a time, because to find the
// next connection the kernel looks through a table that is mostly empty: all of it takes
// more than a millisecond.
std::vector<Row> listeners(const std::string &path) {
    std::vector<Row> found;
    const Fd table(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string line;
    char bytes[150];
    for (;;) {
        const auto got = table ? read_some(table.get(), bytes, sizeof bytes) : 0L;
        if (!got || *got <= 0) return found;
        for (const char each : std::string_view(bytes, static_cast<std::size_t>(*got))) {
            if (each != '\n') {
                line += each;
                continue;
            }
            const auto row = row_in(std::exchange(line, {}));
            if (row && row->state != listening) return found;
            if (row) found.push_back(*row);
        }
    }
}

// In a tenth of the time that the first rows of the table take.
std::optional<long> owner_by_sock_diag(const Listening &at) {
    sockaddr_in local{}, nobody{};
    local.sin_family = nobody.sin_family = AF_INET;
    local.sin_addr = at.address;
    local.sin_port = htons(static_cast<in_port_t>(at.port));
    const auto found = find_socket(local, nobody);
    const bool listens = found && found->state == TCP_LISTEN && found->inode != 0;
    if (!listens) return {};
    const auto address = found->local.sin_addr.s_addr;
    const bool is_it = address == at.address.s_addr || (address == 0 && is_loopback(at));
    return is_it ? std::optional<long>(found->uid) : std::nullopt;
}

} // namespace

std::optional<long> owner_of_listener(const std::string &uri, const Here &here) {
    const auto at = listening_at(uri);
    if (!at) return {};
    if (here.sockets == kernels_sockets) {
        if (const auto uid = owner_by_sock_diag(*at)) return uid;
    }
    const auto rows = listeners(here.sockets);
    const auto owner = [&rows, &at](in_addr address) -> std::optional<long> {
        for (const auto &row : rows) {
            if (row.address == address.s_addr && row.port == at->port) return row.uid;
        }
        return {};
    };
    if (const auto uid = owner(at->address)) return uid;
    return is_loopback(*at) ? owner(in_addr{}) : std::nullopt;
}

std::string why_not_own(const ServerUri &server, const Here &here) {
    const auto uid = owner_of_listener(server.address, here);
    if (!uid || *uid == static_cast<long>(here.uid)) return {};
    return fmt::format("the server {} runs as uid {}, you are {}", server.nspace, *uid,
                       here.uid);
}

} // namespace px::discover
