// foreground.cpp - starting the command of `pxrec run`, and passing signals on to it.
#include "rec/cli/foreground.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::rec {

namespace {

std::vector<char *> pointers(const std::vector<std::string> &words) {
    std::vector<char *> list;
    for (const auto &word : words) list.push_back(const_cast<char *>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

// Reports over `failed` what kept it from becoming the program.
[[noreturn]] void become(const Program &program, pid_t parent, const sigset_t &mask,
                         int failed) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    if (::chdir(program.directory.c_str()) == 0) {
        auto argv = pointers(program.argv), environment = pointers(program.environment);
        // With the path it does not search, but runs a script without '#!' as shells do.
        ::execvpe(program.path.c_str(), argv.data(), environment.data());
    }
    const int error_number = errno;
    (void)write_all(failed, std::to_string(error_number));
    ::_exit(1);
}

Error not_executed(const Program &program, int error_number) {
    const Exit exit = error_number == ENOENT ? Exit::not_found : Exit::not_executable;
    return {exit,
            fmt::format("cannot execute {}: {}", named(program.path),
                        exit == Exit::not_found ? "its interpreter does not exist"
                                                : error_text(error_number)),
            exit == Exit::not_found ? "look at its first line ('#!')" : ""};
}

bool ends(int number) {
    return number == SIGINT || number == SIGQUIT || number == SIGTERM || number == SIGHUP;
}

} // namespace

Foreground Foreground::prepare() {
    Foreground foreground;
    sigemptyset(&foreground.watched_);
    for (const int number :
         {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
        sigaddset(&foreground.watched_, number);
    }
    ::signal(SIGCHLD, SIG_DFL); // ignored, it would take the command's status away
    ::sigprocmask(SIG_BLOCK, &foreground.watched_, &foreground.original_);
    return foreground;
}

Result<void> Foreground::start(const Program &program) {
    Pipe failed = PX_TRY(make_pipe());
    const pid_t self = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(program, self, original_, failed.write.get());
    if (pid_ < 0) return start_error("cannot start a process", errno);
    failed.write.reset();
    char text[16] = {};
    const long size = PX_TRY(read_some(failed.read.get(), text, sizeof text - 1));
    if (size <= 0) return {};
    ::waitpid(pid_, nullptr, 0);
    return not_executed(program, static_cast<int>(PX_TRY(parse_number(text))));
}

int Foreground::wait() {
    for (;;) {
        siginfo_t info{};
        const int number = ::sigwaitinfo(&watched_, &info);
        if (number > 0 && number != SIGCHLD) {
            was_ended_ = was_ended_ || ends(number);
            // The terminal has sent its own to the command too.
            if (info.si_code != SI_KERNEL) ::kill(pid_, number);
            continue;
        }
        // What a script in an image has orphaned ends as our child, too.
        int status = 0;
        pid_t ended = 0;
        while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0 && ended != pid_) {
        }
        if (ended != pid_) continue;
        return WIFSIGNALED(status) ? killed_by(WTERMSIG(status)) : WEXITSTATUS(status);
    }
}

bool Foreground::is_ended_within(int milliseconds) {
    const timespec patience{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    sigset_t steering = watched_;
    sigdelset(&steering, SIGCHLD);
    return ends(::sigtimedwait(&steering, nullptr, &patience));
}

} // namespace px::rec
