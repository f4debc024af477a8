// local_server.cpp - finding and starting pxrec.
#include "pxlaunch/tool/local_server.h"

#include "pxlaunch/base/container_here.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <climits>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::tool {

namespace {

bool is_program(const std::string &path) { return ::access(path.c_str(), X_OK) == 0; }

} // namespace

std::optional<std::string> own_path() {
    char self[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self - 1);
    if (size > 0) return std::string(self, static_cast<std::size_t>(size));
    // No /proc, as in a bare root directory: the path we were started by.
    const auto *started = reinterpret_cast<const char *>(::getauxval(AT_EXECFN));
    if (started == nullptr || ::realpath(started, self) == nullptr) return std::nullopt;
    return self;
}

std::optional<std::string> beside_us(const std::string &program) {
    auto path = own_path();
    if (!path) return std::nullopt;
    path->replace(path->rfind('/') + 1, std::string::npos, program);
    if (!is_program(*path)) return std::nullopt;
    return path;
}

Result<std::string> find_pxrec() {
    if (const auto beside = beside_us("pxrec")) return *beside;
    const char *path = std::getenv("PATH");
    for (const auto &directory : split(path == nullptr ? "" : path, ':')) {
        if (!directory.empty() && is_program(directory + "/pxrec"))
            return directory + "/pxrec";
    }
    const auto container = container_here();
    if (!container.engine.empty()) {
        return cannot_run(fmt::format("no server can be reached: this is a container of "
                                      "{} that was started without pxrec",
                                      container.engine),
                          "start the script on the host: " + command_by_pxrec(container));
    }
    return cannot_run(
        "no server runs here, and none can be started: there is no 'pxrec' beside "
        "pxlaunch nor in PATH",
        "start the script with 'pxrec run' on the host, or name a server with "
        "--uri");
}

namespace {

struct SpawnSettings {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
    SpawnSettings() {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        // Its own session: a Ctrl-C of the terminal is ours to pass on.
        ::posix_spawnattr_setflags(&attributes,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    }
    SpawnSettings(const SpawnSettings &) = delete;
    SpawnSettings &operator=(const SpawnSettings &) = delete;
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
};

} // namespace

Result<LocalServer> LocalServer::start(const std::vector<std::string> &more, Life life) {
    const std::string program = PX_TRY(find_pxrec());
    Pipe keepalive = PX_TRY(make_pipe());
    Pipe ready = PX_TRY(make_pipe());
    // dup2 onto itself is what clears close-on-exec in the child alone.
    SpawnSettings settings;
    for (const int fd : {keepalive.read.get(), ready.write.get()}) {
        ::posix_spawn_file_actions_adddup2(&settings.files, fd, fd);
    }
    std::vector<std::string> words = {"pxrec", "serve",
                                      fmt::format("--ready={}", ready.write.get())};
    if (life == Life::ours)
        words.push_back(fmt::format("--keepalive={}", keepalive.read.get()));
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char *> argv;
    for (auto &word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    const int error_number = ::posix_spawn(&pid, program.c_str(), &settings.files,
                                           &settings.attributes, argv.data(), environ);
    if (error_number != 0) {
        return start_error(fmt::format("cannot start '{}'", program), error_number);
    }
    LocalServer server;
    server.pid_ = pid;
    server.keepalive_ = std::move(keepalive.write);
    server.ready_ = std::move(ready.read);
    return server;
}

Result<ReadyServer> LocalServer::wait(const Patience &patience) {
    return await_ready(ready_.get(), patience);
}

void LocalServer::end(std::chrono::milliseconds deadline) {
    keepalive_.reset();
    const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    pollfd wait{handle.get(), POLLIN, 0};
    if (handle) ::poll(&wait, 1, static_cast<int>(deadline.count()));
    ::waitpid(pid_, nullptr, WNOHANG);
}

} // namespace px::tool
