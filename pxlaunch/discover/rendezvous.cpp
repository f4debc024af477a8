// rendezvous.cpp - writing, reading and distrusting the rendezvous document.
#include "pxlaunch/discover/rendezvous.h"

#include "pxlaunch/base/fd.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace px::discover {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t largest = 64 << 10;

Json to_json(const Rendezvous &server) {
    return {{"protocol", server.protocol},
            {"version", server.version},
            {"pmix_version", server.pmix_version},
            {"uri", server.uri},
            {"secret", server.secret},
            {"pid", server.owner.pid},
            {"pid_start", server.owner.start},
            {"host", server.owner.host},
            {"boot", server.owner.boot},
            {"pid_space", server.owner.pid_space},
            {"uid", server.uid},
            {"allocation", server.allocation},
            {"managed", server.managed},
            {"cores", server.cores},
            {"started", server.started},
            {"log", server.log},
            {"method", server.method},
            {"nodes", server.nodes},
            {"tickets", server.tickets},
            {"died", server.died},
            {"threads", server.threads},
            {"wrapper", server.wrapper}};
}

// Throws what nlohmann throws where a member has the wrong type.
Rendezvous from_json(const Json &json) {
    Rendezvous server;
    server.protocol = json.value("protocol", 0);
    server.version = json.value("version", "");
    if (server.protocol != rendezvous_protocol) return server; // we cannot know the rest
    server.pmix_version = json.value("pmix_version", "");
    server.uri = json.value("uri", "");
    server.secret = json.value("secret", "");
    server.owner.pid = json.value("pid", 0);
    server.owner.start = json.value("pid_start", 0ULL);
    server.owner.host = json.value("host", "");
    server.owner.boot = json.value("boot", "");
    server.owner.pid_space = json.value("pid_space", "");
    server.uid = json.value("uid", -1L);
    server.allocation = json.value("allocation", "none");
    server.managed = json.value("managed", false);
    server.cores = json.value("cores", 0);
    server.started = json.value("started", 0.0);
    server.log = json.value("log", "");
    server.method = json.value("method", "local");
    server.nodes = json.value("nodes", std::vector<std::string>());
    server.tickets = json.value("tickets", std::vector<std::string>());
    server.died = json.value("died", "");
    server.threads = json.value("threads", 0);
    server.wrapper = json.value("wrapper", "");
    return server;
}

// The text of the document, if it is safe to believe.
Result<std::string> read_private(const Fd &file, const Here &here) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return system_error("cannot examine it", errno);
    if (!S_ISREG(about.st_mode)) return cannot_run("it is not a plain file");
    if (about.st_uid != here.uid) {
        return cannot_run(
            fmt::format("it belongs to uid {}, you are {}", about.st_uid, here.uid));
    }
    if ((about.st_mode & 0077) != 0) {
        return cannot_run(fmt::format("others can read or write it (mode {:04o})",
                                      about.st_mode & 07777));
    }
    std::string text(largest, '\0');
    const long size = PX_TRY(read_some(file.get(), text.data(), text.size()));
    text.resize(static_cast<std::size_t>(size > 0 ? size : 0));
    return text;
}

std::string why_unusable(const Rendezvous &server, const Here &here) {
    if (server.protocol != rendezvous_protocol) {
        return fmt::format("pxrec {} speaks protocol {}, this pxlaunch {} speaks {}",
                           server.version.empty() ? "?" : server.version, server.protocol,
                           PX_VERSION, rendezvous_protocol);
    }
    if (server.uri.empty()) return "it holds no address";
    if (server.uid != static_cast<long>(here.uid)) {
        return fmt::format("its server runs as uid {}, you are {}", server.uid, here.uid);
    }
    if (life_of(server.owner, here) == Life::dead) {
        return fmt::format("its server (pid {}) has ended", server.owner.pid);
    }
    return {};
}

Sighting judged(Sighting seen, const std::string &text, const Here &here) {
    try {
        seen.server = from_json(Json::parse(text));
        seen.reason = why_unusable(seen.server, here);
    } catch (const Json::exception &) {
        seen.reason = "it is not a rendezvous document";
    }
    if (seen.reason.empty()) seen.state = Sighting::usable;
    return seen;
}

// A path may hold bytes that are no UTF-8; a log that cannot be named is no reason to
// fail.
std::string dumped(const Rendezvous &rendezvous, int indent) {
    return to_json(rendezvous).dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string rendezvous_path(const std::string &directory) {
    return directory + "/rendezvous";
}

std::string rendezvous_text(const Rendezvous &rendezvous) {
    return dumped(rendezvous, -1);
}

Result<void> write_rendezvous(const std::string &directory,
                              const Rendezvous &rendezvous) {
    return replace_file(rendezvous_path(directory), dumped(rendezvous, 2) + "\n", 0600);
}

Sighting read_rendezvous(const std::string &path, const Here &here) {
    Sighting seen;
    seen.path = path;
    const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file && (errno == ENOENT || errno == ENOTDIR)) return seen;
    seen.state = Sighting::unusable;
    if (!file) {
        seen.reason = errno == ELOOP ? "it is a symbolic link" : error_text(errno);
        return seen;
    }
    const auto text = read_private(file, here);
    if (!text) {
        seen.reason = text.error().what;
        return seen;
    }
    return judged(std::move(seen), *text, here);
}

Sighting read_rendezvous_text(const std::string &text, const Here &here) {
    Sighting seen;
    seen.path = rendezvous_variable;
    seen.state = Sighting::unusable;
    return judged(std::move(seen), text, here);
}

} // namespace px::discover
