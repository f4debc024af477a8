// prte_dvms.cpp - TMPDIR/prte.HOST.PID.UID/pmix.HOST.tool.PID of PRRTE 3.0.8 (others can
// list the directory, and the group can read the file), TMPDIR/prte.PID/... of 5.0.0rc1
// (private). Lines: address, version, pid, uid:gid, date. Seen in both.
#include "pxlaunch/discover/prte_dvms.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/discover/server_owner.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <dirent.h>
#include <memory>
#include <set>
#include <sys/stat.h>

namespace px::discover {

namespace {

std::vector<std::string> entries_of(const std::string &path, const std::string &prefix) {
    std::vector<std::string> found;
    const std::unique_ptr<DIR, int (*)(DIR *)> stream(::opendir(path.c_str()),
                                                      ::closedir);
    while (const dirent *entry = stream ? ::readdir(stream.get()) : nullptr) {
        const std::string name = entry->d_name;
        if (name.starts_with(prefix)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

// The file whose name ends with the pid: one that a living or dead DVM has for certain.
std::optional<pid_t> find_file(const Here &here, PrteDvm &dvm) {
    const std::string prefix = fmt::format("pmix.{}.tool.", here.host);
    for (const auto &name : entries_of(dvm.directory, prefix)) {
        const auto pid = parse_number(name.substr(prefix.size()), INT_MAX);
        if (!pid) continue;
        dvm.file = dvm.directory + '/' + name;
        return static_cast<pid_t>(*pid);
    }
    return {};
}

// The allocation that a process of ours was started in; nothing: it cannot be told.
std::optional<std::string> allocation_of(pid_t pid) {
    const auto text = read_file(fmt::format("/proc/{}/environ", pid));
    if (!text) return {};
    Here there;
    for (const auto &entry : split(*text, '\0')) {
        const auto equals = entry.find('=');
        if (equals != std::string::npos)
            there.env.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return find_allocation(there).key();
}

std::string why_not_for_us(const Here &here, PrteDvm &dvm) {
    struct stat about {};
    if (::lstat(dvm.directory.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) {
        return "it is not a directory";
    }
    // SECURITY: whoever owns the directory chooses the address in it.
    if (about.st_uid != here.uid) {
        return fmt::format("it belongs to uid {}, you are {}", about.st_uid, here.uid);
    }
    const auto pid = find_file(here, dvm);
    if (!pid) return "it holds no address";
    dvm.pid = *pid;
    const auto server = read_server_uri("file:" + dvm.file, dvm.file, here);
    if (!server) return "it holds no address";
    dvm.nspace = server->nspace;
    // A pid may be another process's by now, or of another pid namespace.
    const auto listener = owner_of_listener(server->address, here);
    if (!listener) return fmt::format("its server (pid {}) has ended", dvm.pid);
    if (const std::string why = why_not_own(*server, here); !why.empty()) return why;
    const auto allocation = allocation_of(dvm.pid);
    const std::string ours = find_allocation(here).key();
    return allocation && *allocation != ours ? of_another(*allocation, ours) : "";
}

} // namespace

std::vector<PrteDvm> find_prte_dvms(const Here &here) {
    std::vector<PrteDvm> found;
    for (const auto &top : std::set<std::string>{
             here.has("TMPDIR") ? here.get("TMPDIR") : here.tmp, here.tmp}) {
        for (const auto &name : entries_of(top, "prte.")) {
            PrteDvm dvm{top + '/' + name, {}, {}, 0, {}};
            dvm.why = why_not_for_us(here, dvm);
            found.push_back(std::move(dvm));
        }
    }
    return found;
}

} // namespace px::discover
