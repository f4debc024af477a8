// host_root.cpp - chroot() needs rights that a user has in a user namespace of their own.
#include "pxlaunch/base/host_root.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace px {

namespace {

// Only system calls: the memory may be shared with a parent.
int write_to(const char *file, const char *text) {
    const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const int error_number = ::write(fd, text, std::strlen(text)) < 0 ? errno : 0;
    ::close(fd);
    return error_number;
}

} // namespace

// Programs of Slurm compare getuid() with the job's owner; munge asks the kernel, which
// no map deceives.
HostRoot::HostRoot(std::string path, uid_t uid, gid_t gid)
    : path_(std::move(path)), uid_map_(fmt::format("{} {} 1", uid, ::geteuid())),
      gid_map_(fmt::format("{} {} 1", gid, ::getegid())) {}

int HostRoot::enter(volatile Step &step) const {
    step = Step::user_namespace;
    if (::unshare(CLONE_NEWUSER) != 0) return errno;
    // Without it no user may write the other map (Linux 3.19).
    if (const int failed = write_to("/proc/self/setgroups", "deny")) return failed;
    if (const int failed = write_to("/proc/self/uid_map", uid_map_.c_str()))
        return failed;
    if (const int failed = write_to("/proc/self/gid_map", gid_map_.c_str()))
        return failed;
    step = Step::root;
    if (::chroot(path_.c_str()) != 0 || ::chdir("/") != 0) return errno;
    step = Step::none;
    return 0;
}

Error HostRoot::why_not(Step step, int error_number) const {
    if (step == Step::root) {
        return cannot_run(fmt::format("cannot enter the host's root {}: {}", named(path_),
                                      error_text(error_number)),
                          "bind the host's / there, with all mounts below it");
    }
    return cannot_run(
        fmt::format("cannot enter the host's root {}: this place allows no user "
                    "namespaces ({})",
                    named(path_), error_text(error_number)),
        "start the script on the host side, with 'pxrec run --' before it; or allow "
        "them: no chroot, no seccomp profile against unshare(), and a number above 0 in "
        "/proc/sys/user/max_user_namespaces");
}

} // namespace px
