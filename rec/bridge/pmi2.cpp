// pmi2.cpp - one question and one answer at a time, whoever else of the task asks.
#include "rec/bridge/pmi2.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace px::bridge {

namespace {

constexpr const char *hello = "cmd=init pmi_version=2 pmi_subversion=0\n";
constexpr std::size_t size_of_length = 6; // "42    ", before each message but the hello
// slurmstepd hangs up at a second hello, which a later server would say. That it was said
// the socket itself remembers, for all processes and no longer than it lives: nothing
// looks at the priority of what is sent through a local socket.
constexpr int said_hello = 5;

Error no_answer(const std::string &why) {
    return cannot_run(fmt::format("Slurm's PMI-2 does not answer: {}", why),
                      "has an MPI program of this script used PMI-2 itself? start each "
                      "script as a task of its own: srun --mpi=pmi2 -N1 -n1");
}

// By one process at a time: a record lock is a process's own, though they share the file.
class Turn {
  public:
    explicit Turn(int fd) : fd_(fd) {}
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;
    ~Turn() { lock(F_UNLCK); }

    Result<void> take(Clock::time_point deadline) {
        while (!lock(F_WRLCK)) {
            if (errno != EAGAIN && errno != EACCES) return no_answer(error_text(errno));
            if (Clock::now() > deadline)
                return no_answer("another process of this task is asking");
            ::poll(nullptr, 0, 10);
        }
        return {};
    }

  private:
    bool lock(short type) {
        struct flock whole {};
        whole.l_type = type;
        return ::fcntl(fd_, F_SETLK, &whole) == 0;
    }
    int fd_;
};

bool was_greeted(int fd) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, SO_PRIORITY, &value, &size) == 0 &&
           value == said_hello;
}

Result<void> send_all(int fd, std::string_view bytes, Clock::time_point deadline) {
    while (!bytes.empty()) {
        const auto sent =
            ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        if (sent >= 0 || errno == EINTR) continue;
        if (errno != EAGAIN) return no_answer(error_text(errno));
        if (Clock::now() > deadline) return no_answer("it is busy");
        ::poll(nullptr, 0, 10);
    }
    return {};
}

// Empty: nothing is there, or another process of the task was faster.
Result<std::string> receive_now(int fd, std::size_t most) {
    std::string bytes(most, '\0');
    const auto got = ::recv(fd, bytes.data(), most, MSG_DONTWAIT);
    if (got == 0) return no_answer("it has closed this task's PMI_FD");
    if (got < 0 && errno != EAGAIN && errno != EINTR) return no_answer(error_text(errno));
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
}

Result<std::string> receive(int fd, std::size_t most, Clock::time_point deadline) {
    while (true) {
        std::string bytes = PX_TRY(receive_now(fd, most));
        if (!bytes.empty()) return bytes;
        const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return no_answer("it is silent");
        pollfd ready{fd, POLLIN, 0};
        ::poll(&ready, 1, static_cast<int>(left.count()));
    }
}

Result<void> greet(int fd, Clock::time_point deadline) {
    if (was_greeted(fd)) return {};
    PX_TRY(send_all(fd, hello, deadline));
    ::setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &said_hello, sizeof said_hello);
    std::string answer;
    while (!answer.ends_with('\n')) answer += PX_TRY(receive(fd, 256, deadline));
    if (answer.find(" rc=0 pmi_version=2 ") != answer.npos) return {};
    return no_answer(fmt::format("it says {}", displayed(answer)));
}

} // namespace

std::string spawn_request(const std::vector<std::string> &words,
                          const std::string &value) {
    std::string body =
        fmt::format("cmd=spawn;ncmds=1;preputcount=1;ppkey0=px;ppval0={};subcmd={};"
                    "maxprocs=1;argc={};",
                    value, words.front(), words.size() - 1);
    for (std::size_t i = 1; i < words.size(); ++i)
        body += fmt::format("argv{}={};", i - 1, words[i]);
    return fmt::format("{:<{}}{}", body.size(), size_of_length, body);
}

Result<void> pmi2_ask(int fd, const std::string &request, Clock::time_point deadline) {
    Turn turn(fd);
    PX_TRY(turn.take(deadline));
    char old[256]; // what a server that was killed has asked for
    while (::recv(fd, old, sizeof old, MSG_DONTWAIT) > 0) {
    }
    PX_TRY(greet(fd, deadline));
    return send_all(fd, request, deadline);
}

// Its length may come apart from it. An answer wakes every server of the task, and one of
// them reads it: the others find nothing, and wait on.
Result<void> pmi2_hear(int fd) {
    const std::string answer = PX_TRY(receive_now(fd, 4096));
    const auto status = answer.find(";rc=");
    if (status == answer.npos || answer.compare(status, 6, ";rc=0;") == 0) return {};
    return no_answer(fmt::format("it says {}", displayed(answer)));
}

} // namespace px::bridge
