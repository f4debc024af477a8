// ready.cpp - "ok\0URI\0DIRECTORY\0" or "error\0EXIT\0WHAT\0HINT\0" over a pipe.
#include "pxlaunch/base/ready.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <unistd.h>

namespace px {

namespace {
void tell(int fd, const std::string &message) {
    if (fd < 0) return;
    (void)write_all(fd, message);
    ::close(fd);
}
} // namespace

void tell_ready(int fd, const ReadyServer &server) {
    using namespace std::string_literals;
    tell(fd, "ok\0"s + server.uri + "\0"s + server.directory + "\0"s);
}

void tell_ready(int fd, const Error &error) {
    using namespace std::string_literals;
    tell(fd, "error\0"s + std::to_string(static_cast<int>(error.exit)) + "\0"s +
                 error.what + "\0"s + error.hint + "\0"s);
}

Result<ReadyServer> await_ready(int fd, const Patience &patience) {
    const auto start = std::chrono::steady_clock::now();
    std::string message;
    char buffer[4096];
    for (;;) {
        const auto waited = wait_for(fd, patience, start);
        if (waited == Waited::interrupted) return cannot_run("interrupted");
        if (waited == Waited::late) {
            return cannot_run(
                fmt::format("the server did not start within {}",
                            duration_text(patience.deadline)),
                "is this machine overloaded? --start-timeout allows more time");
        }
        const long got = PX_TRY(read_some(fd, buffer, sizeof buffer));
        if (got <= 0) break;
        message.append(buffer, static_cast<std::size_t>(got));
    }
    const auto words = split(message, '\0');
    if (words.size() >= 4 && words[0] == "ok") return ReadyServer{words[1], words[2]};
    if (words.size() >= 5 && words[0] == "error") {
        const auto exit = parse_number(words[1]);
        return Error{exit ? static_cast<Exit>(*exit) : Exit::cannot_run, words[2],
                     words[3]};
    }
    return cannot_run("the server ended while it was starting",
                      "its log may say why; 'pxrec probe' looks for the cause");
}

} // namespace px
