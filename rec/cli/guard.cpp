// guard.cpp - waiting for the server's end, and cleaning up after it.
#include "rec/cli/guard.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/process/leftovers.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::rec {

namespace {

constexpr int server_grace_ms = 3000; // for the server to end after its owner
constexpr int sweep_ms = 5000;

// True if the server ended with status 0. The guard ignores what ends other processes:
// its work is done when the server's is.
bool wait_for_server(pid_t server, int keepalive) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, server, 0));
    bool owner_gone = false;
    for (;;) {
        int status = 0;
        const pid_t pid = ::waitpid(server, &status, WNOHANG);
        if (pid == server) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (pid < 0 && errno != EINTR) return false;
        pollfd wait[2] = {{handle, POLLIN, 0}, {owner_gone ? -1 : keepalive, POLLIN, 0}};
        // Without pidfd_open (Linux < 5.3) the server's end is seen by looking.
        const int patience = owner_gone ? server_grace_ms : handle < 0 ? 50 : -1;
        const int ready = ::poll(wait, 2, patience);
        if (ready == 0 && owner_gone) {
            ::kill(server, SIGKILL); // it had its time
            owner_gone = false;
            keepalive = -1;
        } else if (wait[1].revents != 0) {
            owner_gone = true;
        }
    }
}

// Each with its helper, at once: one that finds itself alone has Slurm kill the step, and
// in it what removes the ranks' containers. Without both, the ranks' shims end the step.
void end_sruns() {
    for (const int child : process::own_children()) {
        const auto name = read_file("/proc/" + std::to_string(child) + "/comm");
        if (name && *name == "srun\n") ::kill(-child, SIGKILL);
    }
}

} // namespace

void fork_under_guard(const Guarded &guarded) {
    process::become_subreaper();
    const pid_t guard = ::getpid();
    const pid_t server = ::fork();
    if (server == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM); // without its guard a server ends itself
        if (::getppid() != guard) ::_exit(1);
        return;
    }
    if (guarded.ready >= 0) ::close(guarded.ready);
    // Whoever reads what our caller wrote must see its end when the caller ends, not when
    // we do.
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2 && null >= 0; ++fd) ::dup2(null, fd);
    ::prctl(PR_SET_NAME, "pxguard"); // what ps and pkill show
    for (int number = 1; number < NSIG; ++number) {
        if (number != SIGCHLD && number != SIGKILL) ::signal(number, SIG_IGN);
    }
    if (guarded.begin) guarded.begin();
    const bool clean = server > 0 && wait_for_server(server, guarded.keepalive);
    end_sruns();
    process::kill_all_descendants(sweep_ms);
    guarded.finish(clean);
    ::_exit(clean ? 0 : 1);
}

} // namespace px::rec
