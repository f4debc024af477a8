// stacks.cpp - eu-stack or gdb on every rank, one after the other, with a deadline.
#include "rec/server/stacks.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/process/child.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::server {

namespace {

constexpr int patience_ms = 5000;      // for each rank
constexpr int all_patience_ms = 10000; // for all: the server does nothing else meanwhile

std::vector<std::string> stack_command(int pid) {
    const std::string number = std::to_string(pid);
    if (::access("/usr/bin/eu-stack", X_OK) == 0)
        return {"/usr/bin/eu-stack", "-p", number};
    if (::access("/usr/bin/gdb", X_OK) == 0) {
        return {"/usr/bin/gdb",       "-p", number, "-batch", "-nx", "-ex",
                "thread apply all bt"};
    }
    return {};
}

// What the command prints until it ends or the patience does.
std::string output_of(const std::vector<std::string> &argv) {
    auto pipe = make_pipe();
    if (!pipe) return {};
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    process::ChildSpec child;
    child.program = argv.front();
    child.argv = argv;
    child.env = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
    child.directory = "/";
    child.in = null.get();
    child.out = child.err = pipe->write.get();
    const auto pid = process::start_child(child);
    if (!pid) return {};
    pipe->write.reset();
    std::string text;
    char buffer[4096];
    for (pollfd wait{pipe->read.get(), POLLIN, 0}; ::poll(&wait, 1, patience_ms) > 0;) {
        const auto got = read_some(pipe->read.get(), buffer, sizeof buffer);
        if (!got || *got <= 0) break;
        text.append(buffer, static_cast<std::size_t>(*got));
    }
    ::kill(-*pid, SIGKILL);
    ::waitpid(*pid, nullptr, 0);
    return text;
}

std::string from_proc(int pid) {
    std::string text;
    for (const char *name : {"wchan", "syscall", "stack"}) {
        if (const auto part = read_file(fmt::format("/proc/{}/{}", pid, name))) {
            text += fmt::format("{}: {}\n", name, *part);
        }
    }
    return text;
}

} // namespace

void write_stacks(Host &host, jobs::Job &job) {
    if (job.step) return; // its processes are on other nodes
    const auto deadline = Clock::now() + Milliseconds(all_patience_ms);
    for (std::size_t i = 0; i < job.ranks.size(); ++i) {
        const auto &rank = job.ranks[i];
        if (rank.reaped || rank.pid <= 0) continue;
        if (Clock::now() > deadline) return;
        const auto command = stack_command(rank.pid);
        std::string text = command.empty() ? std::string() : output_of(command);
        if (text.empty()) text = from_proc(rank.pid);
        text = fmt::format("stack of rank {} (pid {}) at the timeout:\n{}\n", i, rank.pid,
                           text);
        job.root->delivered += text.size();
        host.deliver(job, static_cast<int>(i), jobs::Channel::err, std::move(text));
    }
}

} // namespace px::server
