// enter.cpp - setns, and then less than before.
#include "wrapper/container/enter.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace px::wrapper::container {

namespace {

constexpr int most_capabilities = 64; // of a 64-bit set

// Root's containers have the user namespace of the host, which nobody can enter twice.
bool is_own_user_namespace(int pid) {
    struct stat ours {
    }, theirs{};
    return ::stat("/proc/self/ns/user", &ours) == 0 &&
           ::stat(fmt::format("/proc/{}/ns/user", pid).c_str(), &theirs) == 0 &&
           ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

Result<void> drop_capabilities() {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int each = 0; each < most_capabilities; ++each)
        ::prctl(PR_CAPBSET_DROP, each, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (::syscall(SYS_capset, &header, none) == 0) return {};
    return system_error("cannot give up the capabilities of the container", errno);
}

} // namespace

Result<void> can_watch() {
    const Fd own(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (own) return {};
    Error error = system_error("cannot watch over a container (pidfd_open)", errno);
    error.hint = "Linux 5.3 can, unless a filter of system calls forbids it; "
                 "--no-container runs the command outside";
    return error;
}

Result<bool> enter(const Keeper &keeper) {
    const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, keeper.pid, 0)));
    if (!handle) return system_error("cannot open the container's process", errno);
    // Now that it cannot become another's.
    if (!is_alive(keeper)) return system_error("cannot enter the container", ESRCH);
    const int namespaces =
        CLONE_NEWNS | (is_own_user_namespace(keeper.pid) ? 0 : CLONE_NEWUSER);
    // Both at once: the user namespace is what gives the right to enter the other.
    int with_parent = 0;
    ::prctl(PR_GET_PDEATHSIG, &with_parent);
    const pid_t parent = ::getppid();
    if (::setns(handle.get(), namespaces) == 0) {
        // The kernel forgets it when ids or capabilities change.
        ::prctl(PR_SET_PDEATHSIG, with_parent);
        if (with_parent != 0 && ::getppid() != parent) ::raise(with_parent);
        PX_TRY(drop_capabilities());
        return true;
    }
    // Not by a pidfd before Linux 5.8; not as a user where root has made it, or where a
    // filter of system calls is against it.
    if (errno == EINVAL || errno == EPERM || errno == ENOSYS) return false;
    Error error = system_error("cannot enter the container", errno);
    error.hint = "was it removed just now? Try again";
    return error;
}

} // namespace px::wrapper::container
