#include "pxlaunch/base/fd.h"
#include "pxlaunch/process/leftovers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace px;
using namespace px::process;

namespace {

// A process with this environment that runs until its input ends; killed with the test.
class Process {
  public:
    explicit Process(std::vector<std::string> env,
                     const char *script = "echo ready; read line") {
        auto in = std::move(make_pipe()).value();
        auto out = std::move(make_pipe()).value();
        std::vector<char *> entries;
        for (auto &entry : env) entries.push_back(entry.data());
        entries.push_back(nullptr);
        pid = ::fork();
        if (pid == 0) {
            ::dup2(in.read.get(), 0);
            ::dup2(out.write.get(), 1);
            ::execle("/bin/sh", "sh", "-c", script, nullptr, entries.data());
            ::_exit(127);
        }
        out.write.reset();
        in_ = std::move(in.write);
        out_ = std::move(out.read);
        said = line(); // it has been executed: its environment is its own
    }
    ~Process() {
        if (pid > 0) ::kill(pid, SIGKILL);
        if (pid > 0) ::waitpid(pid, nullptr, 0);
    }
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;

    // True when every process that had our pipe is gone.
    [[nodiscard]] bool is_silent() const {
        pollfd wait{out_.get(), POLLIN, 0};
        char byte = 0;
        return ::poll(&wait, 1, 10'000) == 1 && ::read(out_.get(), &byte, 1) == 0;
    }

    pid_t pid = -1;
    std::string said;

  private:
    [[nodiscard]] std::string line() const {
        std::string text;
        for (pollfd wait{out_.get(), POLLIN, 0}; ::poll(&wait, 1, 10'000) == 1;) {
            char byte = 0;
            if (::read(out_.get(), &byte, 1) != 1 || byte == '\n') break;
            text += byte;
        }
        return text;
    }
    Fd in_, out_;
};

bool contains(const std::vector<int> &list, int number) {
    return std::find(list.begin(), list.end(), number) != list.end();
}

bool is_subreaper() {
    int value = 0;
    ::prctl(PR_GET_CHILD_SUBREAPER, &value);
    return value != 0;
}

} // namespace

TEST_CASE("a process is of the job that its environment names, letter for letter") {
    const Process ours({"A=PXLAUNCH_JOB=x.1", "PXLAUNCH_JOB=pxrec.7.12", "Z=1"});
    CHECK(is_of_job(ours.pid, "pxrec.7.12"));
    CHECK_FALSE(is_of_job(ours.pid, "pxrec.7.1"));
    CHECK_FALSE(is_of_job(ours.pid, "pxrec.7.123"));
    CHECK_FALSE(is_of_job(ours.pid, "x.1"));
    CHECK_FALSE(is_of_job(ours.pid, ""));
    const Process other({"XPXLAUNCH_JOB=pxrec.7.12"});
    CHECK_FALSE(is_of_job(other.pid, "pxrec.7.12"));
}

TEST_CASE("a process with a large environment, with none, and none at all") {
    const Process large({"BIG=" + std::string(100'000, 'x'), "PXLAUNCH_JOB=a.1"});
    CHECK(is_of_job(large.pid, "a.1"));
    const Process empty({});
    CHECK_FALSE(is_of_job(empty.pid, "a.1"));
    pid_t gone = 0;
    {
        const Process process({"PXLAUNCH_JOB=a.1"});
        gone = process.pid;
    }
    CHECK_FALSE(is_of_job(gone, "a.1"));
}

TEST_CASE("all children are found, whichever thread started them") {
    CHECK(own_children().empty());
    const Process first({});
    std::unique_ptr<Process> second;
    std::thread([&second] {
        second = std::make_unique<Process>(std::vector<std::string>{});
    }).join();
    auto children = own_children();
    CHECK(children.size() == 2);
    CHECK(contains(children, first.pid));
    CHECK(contains(children, second->pid));
}

TEST_CASE("what keeps a container is no leftover") {
    const Process keeper({std::string("PATH=/usr/bin:") + keeper_path});
    const Process other({std::string("OTHER=:") + keeper_path, "PATH=/usr/bin"});
    CHECK(own_children() == std::vector<int>{other.pid});
}

TEST_CASE("a subreaper has the orphans of its children, whatever session they made") {
    become_subreaper();
    CHECK(is_subreaper());
    // Stopped, it neither forks nor executes: the kernel shows its environment at any
    // time.
    Process parent({"PXLAUNCH_JOB=a.1", "PATH=/usr/bin:/bin"},
                   "setsid sh -c 'echo $$; kill -STOP $$' & read line");
    const int orphan = std::stoi(parent.said);
    CHECK_FALSE(contains(own_children(), orphan));
    ::kill(parent.pid, SIGKILL);
    ::waitpid(parent.pid, nullptr, 0);
    parent.pid = -1;
    CHECK(contains(own_children(), orphan));
    CHECK(is_of_job(orphan, "a.1"));
    ::kill(orphan, SIGKILL);
    ::waitpid(orphan, nullptr, 0);
    CHECK(own_children().empty());
}

TEST_CASE("every descendant is killed and reaped, orphans of orphans too") {
    become_subreaper();
    Process parent({"PATH=/usr/bin:/bin"}, "trap '' TERM; setsid sh -c 'setsid sh -c "
                                           "\"echo deep; sleep 100; :\"; :' & wait");
    CHECK(parent.said == "deep");
    kill_all_descendants(20'000);
    parent.pid = -1;
    CHECK(parent.is_silent());
    CHECK(own_children().empty());
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}
