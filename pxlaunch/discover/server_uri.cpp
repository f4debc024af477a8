// server_uri.cpp - reading addresses that users, servers and schedulers hand us.
#include "pxlaunch/discover/server_uri.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <unistd.h>

namespace px::discover {

namespace {

constexpr const char *form =
    "write NAMESPACE.RANK;tcp4://ADDRESS:PORT, or file:PATH for a "
    "file that holds it";

bool is_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isdigit(c) != 0;
    });
}

std::string line(const std::vector<std::string> &lines, std::size_t number) {
    if (number >= lines.size()) return {};
    std::string text = lines[number];
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
        text.pop_back();
    }
    return text;
}

Result<ServerUri> from_sighting(Sighting seen, const std::string &name) {
    if (seen.state != Sighting::usable) {
        return cannot_run(fmt::format("{}: '{}': {}", name, seen.path,
                                      seen.reason.empty() ? "it is gone" : seen.reason),
                          "start a server with 'pxrec up' and use its address");
    }
    const std::string uri = seen.server.uri, version = seen.server.pmix_version;
    return ServerUri{uri, namespace_of(uri), version, std::move(seen.server), uri};
}

Result<ServerUri> from_file(const std::string &path, const std::string &name,
                            const Here &here) {
    const auto text = read_file(path, 64 << 10);
    if (!text && ::access(path.c_str(), F_OK) != 0 && here.has(rendezvous_variable))
        return from_sighting(read_rendezvous_text(here.get(rendezvous_variable), here),
                             name);
    if (!text) {
        const bool hidden = ::access(path.c_str(), R_OK) != 0 && errno == EACCES;
        return cannot_run(
            fmt::format("{}: {}", name, text.error().what),
            hidden ? "a server is for its owner alone: start your own with 'pxrec up'"
                   : "is the server still running? 'pxlaunch --probe' shows what is "
                     "here");
    }
    if (text->starts_with('{')) return from_sighting(read_rendezvous(path, here), name);
    const auto lines = split(*text, '\n');
    const std::string address = line(lines, 0);
    ServerUri found{"file:" + path, namespace_of(address), {}, {}, address};
    if (found.nspace.empty()) {
        return usage_error(
            fmt::format("{}: '{}' does not hold a PMIx server's address", name, path),
            form);
    }
    const std::string version = line(lines, 1);
    // "v5.0.7" in what prte --report-uri writes, "5.0.7" in PMIx's own files.
    const bool has_v = version.starts_with('v');
    if (has_v || std::isdigit(static_cast<unsigned char>(version[0])) != 0)
        found.version = version.substr(has_v ? 1 : 0);
    return found;
}

} // namespace

std::string namespace_of(const std::string &uri) {
    const auto semicolon = uri.find(';');
    if (semicolon == std::string::npos) return {};
    const std::string address = uri.substr(semicolon + 1);
    if (!address.starts_with("tcp4://") && !address.starts_with("tcp6://")) return {};
    const std::string port = address.substr(address.rfind(':') + 1);
    const std::string process = uri.substr(0, semicolon);
    // The rank follows the last dot: a namespace may hold a qualified host name.
    const auto dot = process.rfind('.');
    if (dot == std::string::npos || dot == 0) return {};
    if (!is_digits(process.substr(dot + 1)) || !is_digits(port)) return {};
    return process.substr(0, dot);
}

Result<ServerUri> read_server_uri(const std::string &text, const std::string &name,
                                  const Here &here) {
    if (text.starts_with("file:")) return from_file(text.substr(5), name, here);
    ServerUri found{text, namespace_of(text), {}, {}, text};
    if (found.nspace.empty()) {
        return usage_error(
            fmt::format("{}: expected a PMIx server's address, got '{}'", name, text),
            form);
    }
    return found;
}

} // namespace px::discover
