#pragma once
// The private directory of one server: BASE/pxlaunch-UID/NAME, where NAME is
// "pool.HOST.ALLOCATION" for a server that others may find, "job.PID.RANDOM" otherwise.
//
// SECURITY: BASE may be world-writable. Our directory in it must be a real directory of
// our own with mode 0700; anything else of that name is refused, never repaired or
// followed.

#include "pxlaunch/base/reason.h"
#include "pxlaunch/base/result.h"
#include "pxlaunch/discover/owner.h"

#include <vector>

namespace px::discover {

// Paths of unix sockets end at 107 bytes, and servers make files below their directory.
constexpr std::size_t longest_run_directory = 90;

// Directories that may hold ours, best first: the site's, XDG_RUNTIME_DIR if it is
// private, TMPDIR, /tmp. A server may have been started with other settings than ours, so
// all of them are searched; the first usable one is where new servers live.
std::vector<std::string> base_directories(const Here &here);

// The directory name of a discoverable server; the same for all that should find it.
std::string pool_name(const Here &here, const std::string &allocation);
std::string job_name(pid_t pid); // different at every call

// Makes the directory of a server that is, or is going to be, the process `owner`;
// nothing if one of that name is there and its owner is not certainly dead. Of several
// callers at once, one gets it. A server that daemonizes later calls write_owner().
Result<std::optional<std::string>>
create_run_directory(const Here &here, const std::string &name, pid_t owner);

// After a failure: leaves the directory for its log to be read, for a day.
void keep_run_directory(const std::string &path);
Result<void> remove_run_directory(const std::string &path);

struct RunDirectory {
    std::string path;
    std::optional<Owner> owner; // nothing: no readable record
    Life life = Life::unknown;

    [[nodiscard]] std::string name() const { return path.substr(path.rfind('/') + 1); }
};
// All that is there, in all base directories. What fails the checks above is left out and
// named in `reasons`.
std::vector<RunDirectory> list_run_directories(const Here &here, Reasons &reasons);

// Whether somebody who lives has the directory of that name.
bool is_being_started(const Here &here, const std::string &name);

// Removes the directories whose owner is certainly dead, less those kept; their paths.
std::vector<std::string>
remove_dead_run_directories(const Here &here,
                            bool (*spared)(const RunDirectory &, const Here &) = nullptr);

} // namespace px::discover
