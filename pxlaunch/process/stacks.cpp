// stacks.cpp - eu-stack or gdb on a process, with a deadline.
#include "pxlaunch/process/stacks.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/process/child.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::process {

namespace {

constexpr int patience_ms = 5000;

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
    ChildSpec child;
    child.program = argv.front();
    child.argv = argv;
    child.env = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
    child.directory = "/";
    child.in = null.get();
    child.out = child.err = pipe->write.get();
    const auto pid = start_child(child);
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

std::string stack_of(int pid) {
    const auto command = stack_command(pid);
    const auto text = command.empty() ? std::string() : output_of(command);
    return text.empty() ? from_proc(pid) : text;
}

std::string stack_text(int rank, int pid, const std::string &stack) {
    return fmt::format("stack of rank {} (pid {}) at the timeout:\n{}\n", rank, pid,
                       stack);
}

} // namespace px::process
