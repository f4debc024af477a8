// capture.cpp - a child, its pipe and its end.
#include "pxlaunch/base/capture.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
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

} // namespace

Result<std::string> output_of(const std::vector<std::string> &argv,
                              std::chrono::milliseconds deadline) {
    Pipe pipe = PX_TRY(make_pipe());
    pid_t pid = 0;
    const int failed = spawn_captured(argv, pipe.write.get(), pid);
    if (failed != 0)
        return start_error(fmt::format("cannot start {}", named(argv[0])), failed);
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
