// guardian.cpp - waiting for the end of pxlaunch, and what is done then.
#include "pxlaunch/tool/guardian.h"

#include "pxlaunch/tool/session.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::tool {

namespace {

constexpr char job_is_over = '\n';
constexpr Milliseconds patience{5000}; // for the server, in each step

// Nothing of pxlaunch's is held open: whoever reads its output sees the end of that when
// pxlaunch ends.
void keep_only(int line) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2 && null >= 0; ++fd) ::dup2(null, fd);
    const auto close_range = [](long first, long last) {
        if (first > last) return;
        if (::syscall(SYS_close_range, first, last, 0) == 0) return; // Linux 5.9
        for (long fd = first; fd <= last && fd < 1024; ++fd)
            ::close(static_cast<int>(fd));
    };
    close_range(3, line - 1);
    close_range(line + 1, ~0U);
}

// The namespace of the job, if there is one and pxlaunch ended without releasing us.
std::string orphan(int line) {
    std::string said;
    char bytes[512];
    for (;;) {
        const ssize_t got = ::read(line, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return said;
        said.append(bytes, static_cast<std::size_t>(got));
        if (said.back() == job_is_over) return {};
    }
}

void end_job(const std::string &nspace, AttachTo to) {
    to.patience = Patience{patience};
    to.guarded = false;
    auto loop = Loop::create();
    if (!loop) return;
    const auto session = Session::attach(**loop, to);
    if (!session) return; // with the server its jobs are gone
    (*loop)->after(patience, [&loop] { (*loop)->stop(); });
    (*session)->end_job(nspace, [&loop](Result<void>) { (*loop)->stop(); });
    (*loop)->run();
}

[[noreturn]] void guard(int line, const AttachTo &to) {
    ::setsid();
    ::prctl(PR_SET_NAME, "pxguard"); // what ps and pkill show
    for (int number = 1; number < NSIG; ++number) {
        if (number != SIGCHLD && number != SIGKILL) ::signal(number, SIG_IGN);
    }
    keep_only(line);
    if (const auto nspace = orphan(line); !nspace.empty()) end_job(nspace, to);
    ::_exit(0); // libpmix's thread still runs
}

} // namespace

Result<Guardian> Guardian::start(const AttachTo &to) {
    Pipe pipe = PX_TRY(make_pipe());
    const pid_t pid = ::fork();
    if (pid < 0) return start_error("cannot start the guardian of the job", errno);
    if (pid > 0) return Guardian(std::move(pipe.write), pid);
    pipe.write.reset();
    guard(pipe.read.get(), to);
}

void Guardian::watch(const std::string &nspace) {
    (void)write_all(line_.get(), nspace); // without it there is nothing to end
}

void Guardian::release() {
    if (!line_) return;
    (void)write_all(line_.get(), std::string(1, job_is_over));
    line_.reset();
}

void Guardian::reap() {
    release();
    ::waitpid(pid_, nullptr, 0); // no zombie is left where process 1 does not reap
}

} // namespace px::tool
