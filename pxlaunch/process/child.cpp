// child.cpp - vfork and exec: the parent's page tables are not copied, and an error of
// the child comes back in shared memory.
#include "pxlaunch/process/child.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::process {

namespace {

enum class Step {
    none,
    orphaned,
    descriptors,
    affinity,
    root,
    directory,
    terminal,
    execute
};

// Everything the child touches, made before vfork(): it may only make system calls.
struct Prepared {
    const ChildSpec *spec;
    std::vector<char *> argv, env, shell_argv;
    cpu_set_t *cpus;
    std::size_t cpus_size;
    pid_t parent;
    volatile Step failed_step = Step::none;
    volatile int error_number = 0;
    volatile HostRoot::Step root_step = HostRoot::Step::none;
};

std::vector<char *> pointers(const std::vector<std::string> &words) {
    std::vector<char *> list;
    list.reserve(words.size() + 1);
    for (const auto &word : words) list.push_back(const_cast<char *>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

[[noreturn]] void fail(Prepared &prepared, Step step) {
    prepared.error_number = errno;
    prepared.failed_step = step;
    ::_exit(127);
}

void adopt_descriptors(Prepared &prepared) {
    const ChildSpec &spec = *prepared.spec;
    // The sources are all above 2: the server opens 0, 1 and 2 before anything else.
    if (::dup2(spec.in, 0) < 0 || ::dup2(spec.out, 1) < 0 || ::dup2(spec.err, 2) < 0) {
        fail(prepared, Step::descriptors);
    }
    // Libraries open descriptors without close-on-exec (libpmix 4.2.2: a pipe).
    // Linux 5.11.
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    if (spec.keep >= 0 && ::fcntl(spec.keep, F_SETFD, 0) != 0) {
        fail(prepared, Step::descriptors);
    }
}

void adopt_limits(const ChildSpec &spec) {
    if (spec.inherited == nullptr) return;
    ::umask(static_cast<mode_t>(spec.inherited->umask));
    for (const auto &limit : spec.inherited->rlimits) {
        rlimit now{};
        const auto resource = static_cast<__rlimit_resource>(limit.resource);
        if (::getrlimit(resource, &now) != 0) continue;
        // What the server itself may not exceed cannot be given on.
        const bool lower = now.rlim_max != RLIM_INFINITY && limit.hard > now.rlim_max;
        rlimit wanted{limit.soft, lower ? now.rlim_max : limit.hard};
        if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
        ::setrlimit(resource, &wanted);
    }
}

void adopt_root(Prepared &prepared) {
    if (prepared.spec->root == nullptr) return;
    errno = prepared.spec->root->enter(prepared.root_step);
    if (errno != 0) fail(prepared, Step::root);
}

[[noreturn]] void become(Prepared &prepared) {
    const ChildSpec &spec = *prepared.spec;
    if (spec.terminal) {
        ::setsid();
        if (::ioctl(spec.in, TIOCSCTTY, 0) != 0) fail(prepared, Step::terminal);
    } else {
        ::setpgid(0, 0);
    }
    if (spec.dies_with_us) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != prepared.parent) fail(prepared, Step::orphaned);
    adopt_descriptors(prepared);
    if (prepared.cpus != nullptr &&
        ::sched_setaffinity(0, prepared.cpus_size, prepared.cpus) != 0) {
        fail(prepared, Step::affinity);
    }
    adopt_limits(spec);
    adopt_root(prepared);
    if (::chdir(spec.directory.c_str()) != 0) fail(prepared, Step::directory);
    ::signal(SIGPIPE, SIG_DFL); // ignored in the server, and exec would keep that
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(spec.program.c_str(), prepared.argv.data(), prepared.env.data());
    // A script without '#!' is the shell's, as execvp and every shell have it.
    if (errno == ENOEXEC) {
        ::execve("/bin/sh", prepared.shell_argv.data(), prepared.env.data());
        errno = ENOEXEC;
    }
    fail(prepared, Step::execute);
}

Error explain(const Prepared &prepared) {
    const ChildSpec &spec = *prepared.spec;
    const int number = prepared.error_number;
    switch (prepared.failed_step) {
    case Step::root:
        return spec.root->why_not(prepared.root_step, number);
    case Step::directory:
        return {Exit::cannot_run,
                fmt::format("cannot enter the working directory {}: {}",
                            named(spec.directory), error_text(number)),
                "choose another with -C, or create it on this node"};
    case Step::affinity:
        return {
            Exit::cannot_run,
            fmt::format("cannot bind to hardware threads: {}", error_text(number)),
            "the cpuset of this shell or container may have changed; try --bind-to none"};
    case Step::execute:
        if (number == ENOENT) {
            return {Exit::not_found,
                    fmt::format("cannot execute {}: its interpreter does not exist",
                                named(spec.program)),
                    "look at its first line ('#!'), or at 'file' for a program of "
                    "another system"};
        }
        return {
            Exit::not_executable,
            fmt::format("cannot execute {}: {}", named(spec.program), error_text(number)),
            number == EACCES ? "make it executable (chmod +x)" : ""};
    default:
        return system_error(fmt::format("cannot start {}", named(spec.program)), number);
    }
}

// Blocks every signal while the child shares our memory: a handler must not run in it.
class AllSignalsBlocked {
  public:
    AllSignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

cpu_set_t *to_set(const std::vector<int> &cpus, std::size_t &size) {
    int most = 0;
    for (const int cpu : cpus) most = std::max(most, cpu);
    cpu_set_t *set = CPU_ALLOC(static_cast<std::size_t>(most) + 1);
    size = CPU_ALLOC_SIZE(static_cast<std::size_t>(most) + 1);
    CPU_ZERO_S(size, set);
    for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), size, set);
    return set;
}

} // namespace

Result<int> start_child(const ChildSpec &spec) {
    Prepared prepared{};
    prepared.spec = &spec;
    prepared.argv = pointers(spec.argv);
    prepared.env = pointers(spec.env);
    prepared.shell_argv = prepared.argv;
    prepared.shell_argv[0] = const_cast<char *>(spec.program.c_str());
    prepared.shell_argv.insert(prepared.shell_argv.begin(), const_cast<char *>("sh"));
    prepared.parent = ::getpid();
    if (!spec.cpus.empty()) prepared.cpus = to_set(spec.cpus, prepared.cpus_size);

    pid_t pid = -1;
    int fork_error = 0;
    {
        const AllSignalsBlocked blocked;
        pid = ::vfork();
        if (pid == 0) become(prepared);
        fork_error = errno;
    }
    if (prepared.cpus != nullptr) CPU_FREE(prepared.cpus);
    if (pid < 0) return start_error("cannot start a process", fork_error);
    if (prepared.failed_step != Step::none) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        return explain(prepared);
    }
    return static_cast<int>(pid);
}

} // namespace px::process
