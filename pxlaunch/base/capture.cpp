// capture.cpp - a child, its pipe and its end.
#include "pxlaunch/base/capture.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char **environ;

namespace px {

namespace {

// In a process group of its own, with our signals as they are by default.
int spawn_captured(const std::vector<std::string> &argv, int output, pid_t &pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words = argv;
    std::vector<char *> pointers;
    for (auto &word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int failed = ::posix_spawn(&pid, argv[0].c_str(), &files, &attributes,
                                     pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
    return failed;
}

// The same in another root, of which posix_spawn() knows nothing.
Result<pid_t> spawn_in(const HostRoot &root, const std::vector<std::string> &argv,
                       int output) {
    std::vector<char *> pointers;
    for (const auto &word : argv) pointers.push_back(const_cast<char *>(word.c_str()));
    pointers.push_back(nullptr);
    std::vector<char *> environment; // without what the loader is told of files here
    for (char **entry = environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("LD_")) environment.push_back(*entry);
    }
    environment.push_back(nullptr);
    volatile int failed = 0;
    volatile auto step = HostRoot::Step::none;
    const pid_t pid = ::vfork();
    if (pid == 0) {
        ::setpgid(0, 0);
        const int null = ::open("/dev/null", O_RDONLY);
        (void)::dup2(null, STDIN_FILENO);
        (void)::dup2(output, STDOUT_FILENO);
        (void)::dup2(output, STDERR_FILENO);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        failed = root.enter(step);
        if (failed == 0) {
            ::execve(pointers[0], pointers.data(), environment.data());
            failed = errno;
        }
        ::_exit(127);
    }
    if (pid < 0) return start_error("cannot start a process", errno);
    if (failed == 0) return pid;
    ::waitpid(pid, nullptr, 0);
    if (step != HostRoot::Step::none) return root.why_not(step, failed);
    return start_error(
        fmt::format("cannot start {} below {}", named(argv[0]), named(root.path())),
        failed);
}

Result<pid_t> spawn_here(const std::vector<std::string> &argv, int output) {
    pid_t pid = 0;
    const int failed = spawn_captured(argv, output, pid);
    if (failed == 0) return pid;
    return start_error(fmt::format("cannot start {}", named(argv[0])), failed);
}

} // namespace

Result<std::string> output_of(const std::vector<std::string> &argv,
                              std::chrono::milliseconds deadline, const HostRoot *root) {
    Pipe pipe = PX_TRY(make_pipe());
    const int output = pipe.write.get();
    const pid_t pid = PX_TRY(root != nullptr ? spawn_in(*root, argv, output)
                                             : spawn_here(argv, output));
    pipe.write.reset();
    const auto begin = std::chrono::steady_clock::now();
    std::string text;
    char bytes[1024];
    bool late = false;
    while (!late) {
        late = wait_for(pipe.read.get(), {deadline}, begin) != Waited::ready;
        const auto got =
            late ? Result<long>(0L) : read_some(pipe.read.get(), bytes, sizeof bytes);
        if (!got || *got <= 0) break;
        text.append(bytes, static_cast<std::size_t>(*got));
    }
    if (late) ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    if (!late) return text;
    return cannot_run(fmt::format("{} did not answer within {}", named(join(argv, " ")),
                                  duration_text(deadline)));
}

std::string program_in(const std::string &path, const std::string &name) {
    for (const auto &directory : split(path, ':')) {
        const std::string file = directory + "/" + name;
        struct stat about {};
        if (!directory.empty() && ::stat(file.c_str(), &about) == 0 &&
            S_ISREG(about.st_mode) && ::access(file.c_str(), X_OK) == 0)
            return file;
    }
    return {};
}

} // namespace px
