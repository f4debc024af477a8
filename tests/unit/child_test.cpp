#include "pxlaunch/process/child.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace px;
using namespace px::process;

namespace {

// One child with pipes; killed if it outlives 20 s or the test.
class Child {
  public:
    Child(const std::string &program, std::vector<std::string> argv) {
        spec.program = program;
        spec.argv = std::move(argv);
        spec.env = {"PATH=/usr/bin:/bin"};
        spec.directory = "/";
    }
    // A script of the shell's.
    explicit Child(const std::string &script) : Child("/bin/sh", {"sh", "-c", script}) {}
    ~Child() {
        if (pid > 0) ::kill(-pid, SIGKILL);
        if (pid > 0) ::waitpid(pid, nullptr, 0);
    }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    Result<int> start() {
        Pipe in = PX_TRY(make_pipe()), out = PX_TRY(make_pipe()),
             err = PX_TRY(make_pipe());
        spec.in = in.read.get();
        spec.out = out.write.get();
        spec.err = err.write.get();
        pid = PX_TRY(start_child(spec));
        to_child_ = std::move(in.write);
        out_ = std::move(out.read);
        err_ = std::move(err.read);
        return pid;
    }
    void give(const std::string &input) {
        REQUIRE(write_all(to_child_.get(), input));
        to_child_.reset();
    }
    std::string output() { return rest(out_.get()); }
    std::string errors() { return rest(err_.get()); }

    // As a shell reports it; -1 if it does not end.
    int status() {
        const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        pollfd wait{handle.get(), POLLIN, 0};
        if (::poll(&wait, 1, 20'000) != 1) return -1;
        int status = 0;
        ::waitpid(pid, &status, 0);
        pid = -1;
        return WIFSIGNALED(status) ? killed_by(WTERMSIG(status)) : WEXITSTATUS(status);
    }
    // What it prints, when it has ended well.
    std::string printed() {
        const auto started = start();
        REQUIRE_MESSAGE(started, started.error().what);
        to_child_.reset();
        const auto text = output();
        CHECK(status() == 0);
        return text;
    }

    ChildSpec spec;
    int pid = -1;

  private:
    static std::string rest(int fd) {
        std::string text;
        char buffer[4096];
        for (pollfd wait{fd, POLLIN, 0}; ::poll(&wait, 1, 20'000) == 1;) {
            const auto got = read_some(fd, buffer, sizeof buffer);
            if (!got || *got <= 0) return text;
            text.append(buffer, static_cast<std::size_t>(*got));
        }
        return text + " (and did not end)";
    }
    Fd to_child_, out_, err_;
};

void check_refused(Child &child, Exit exit, const std::string &what,
                   const std::string &hint) {
    const auto started = child.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().exit == exit);
    CHECK(started.error().what == what);
    CHECK(started.error().hint == hint);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1); // nothing was left, not even a zombie
}

// An executable file.
std::string program(const Temporary &temporary, const std::string &text) {
    temporary.write("program", text);
    ::chmod(temporary.path("program").c_str(), 0755);
    return temporary.path("program");
}

} // namespace

TEST_CASE("a child ends with its own status") {
    for (const int code : {0, 7, 255}) {
        Child child("exit " + std::to_string(code));
        REQUIRE(child.start());
        CHECK(child.status() == code);
    }
    Child killed("kill -SEGV $$");
    REQUIRE(killed.start());
    CHECK(killed.status() == killed_by(SIGSEGV));
}

TEST_CASE("arguments and environment arrive byte for byte, and nothing else does") {
    Child arguments("/usr/bin/printf", {"printf", "<%s>", "", "a b\n", "\xff'\""});
    CHECK(arguments.printed() == "<><a b\n><\xff'\">");
    Child environment("/usr/bin/env", {"env", "-0"});
    environment.spec.env = {"A=1", "B=two\nlines"};
    CHECK(environment.printed() == std::string("A=1\0B=two\nlines\0", 16));
}

TEST_CASE("0, 1 and 2 are the given ones") {
    Child child("cat; echo oops >&2");
    REQUIRE(child.start());
    child.give("through");
    CHECK(child.output() == "through");
    CHECK(child.errors() == "oops\n");
    CHECK(child.status() == 0);
}

TEST_CASE("no other descriptor of ours is open in the child, but the kept one") {
    const Fd careless(::open("/dev/null", O_RDONLY)); // as libraries do
    const Fd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto word = [](const Fd &fd) { return std::to_string(fd.get()); };
    const std::string script = "for n in " + word(careless) + " " + word(kept) +
                               "; do test -e /proc/self/fd/$n && echo $n; done; true";
    Child closed(script);
    CHECK(closed.printed().empty());
    Child child(script);
    child.spec.keep = kept.get();
    CHECK(child.printed() == word(kept) + "\n");
}

TEST_CASE("a child leads a process group, blocks no signal and dies with its parent") {
    Child child("read line; grep SigBlk: /proc/self/status");
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    REQUIRE(child.start());
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, &before, &now);
    CHECK(sigismember(&now, SIGTERM) == 1); // ours is as it was
    CHECK(sigismember(&now, SIGUSR1) == sigismember(&before, SIGUSR1));
    CHECK(::getpgid(child.pid) == child.pid);
    CHECK(::getsid(child.pid) == ::getsid(0));
    child.give("\n");
    CHECK(child.output() == "SigBlk:\t0000000000000000\n");
    CHECK(child.status() == 0);
}

TEST_CASE("a child dies of SIGPIPE although we ignore it") {
    void (*const before)(int) = ::signal(SIGPIPE, SIG_IGN);
    Child child("kill -PIPE $$");
    CHECK(child.start());
    ::signal(SIGPIPE, before);
    CHECK(child.status() == killed_by(SIGPIPE));
}

TEST_CASE("umask and limits are the given ones; without them, ours") {
    const std::string script = "umask; ulimit -n; ulimit -Hn";
    const mode_t ours = ::umask(0);
    ::umask(ours);
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    job::Inherited inherited;
    inherited.umask = 0137;
    inherited.rlimits = {{RLIMIT_NOFILE, 40, 50}};
    Child child(script);
    child.spec.inherited = &inherited;
    CHECK(child.printed() == "0137\n40\n50\n");
    CHECK(::umask(ours) == ours); // the child shares no state with us
    rlimit after{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == files.rlim_cur);
}

TEST_CASE("a limit above what we may give becomes the most that we may") {
    // In a child of its own: a hard limit cannot be raised again by everybody.
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    job::Inherited inherited;
    inherited.rlimits = {{RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY}, {9999, 1, 1}};
    Child child("ulimit -n; ulimit -Hn");
    child.spec.inherited = &inherited;
    if (files.rlim_max != RLIM_INFINITY) {
        const auto most = std::to_string(files.rlim_max) + "\n";
        CHECK(child.printed() == most + most);
    }
}

TEST_CASE("a child runs on the given cpus") {
    cpu_set_t ours;
    REQUIRE(::sched_getaffinity(0, sizeof ours, &ours) == 0);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &ours)) --last;
    Child child("grep Cpus_allowed_list: /proc/self/status");
    child.spec.cpus = {last};
    CHECK(child.printed() == "Cpus_allowed_list:\t" + std::to_string(last) + "\n");

    Child nowhere("true");
    nowhere.spec.cpus = {CPU_SETSIZE - 1};
    check_refused(
        nowhere, Exit::cannot_run, "cannot bind to hardware threads: invalid argument",
        "the cpuset of this shell or container may have changed; try --bind-to none");
}

TEST_CASE("a script without '#!' is the shell's") {
    const Temporary temporary;
    Child child(program(temporary, "echo $0 $1\nexit 0\n"), {"ignored", "one"});
    CHECK(child.printed() == temporary.path("program") + " one\n");
}

TEST_CASE("a program that cannot be executed says why, and is gone") {
    const Temporary temporary;
    const auto path = program(temporary, "#!/no/such/interpreter\n");
    Child missing(path, {"x"});
    check_refused(
        missing, Exit::not_found,
        "cannot execute '" + path + "': its interpreter does not exist",
        "look at its first line ('#!'), or at 'file' for a program of another system");
    ::chmod(path.c_str(), 0644);
    Child plain(path, {"x"});
    check_refused(plain, Exit::not_executable,
                  "cannot execute '" + path + "': permission denied",
                  "make it executable (chmod +x)");
    Child directory("/", {"x"});
    check_refused(directory, Exit::not_executable,
                  "cannot execute '/': permission denied",
                  "make it executable (chmod +x)");
}

TEST_CASE("a child starts in its directory, or not at all") {
    const Temporary temporary;
    Child child("pwd -P");
    child.spec.directory = temporary.path();
    CHECK(child.printed() ==
          std::filesystem::canonical(temporary.path()).string() + "\n");
    Child nowhere("true");
    nowhere.spec.directory = temporary.path("none");
    check_refused(nowhere, Exit::cannot_run,
                  "cannot enter the working directory '" + temporary.path("none") +
                      "': no such file or directory",
                  "choose another with -C, or create it on this node");
}
