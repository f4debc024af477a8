// fd.cpp - reading, writing and naming the failures of file descriptors.
#include "pxlaunch/base/fd.h"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace px {

void Fd::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string error_text(int error_number) {
    std::string text = std::strerror(error_number);
    // "No such file" starts a sentence, "I/O error" does not.
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    return text;
}

Error system_error(std::string_view doing, int error_number) {
    return cannot_run(fmt::format("{}: {}", doing, error_text(error_number)),
                      error_number == EMFILE ? "raise the limit of open files (ulimit -n)"
                                             : "");
}

Error start_error(std::string_view doing, int error_number) {
    auto error = system_error(doing, error_number);
    if (error_number == EAGAIN) error.hint = "raise the limit of processes (ulimit -u)";
    return error;
}

void open_standard_descriptors() {
    for (int fd = 0; fd <= 2; ++fd) {
        // The lowest free number is the one that is missing.
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        // In a bare root directory the number must be taken too.
        if (::open("/dev/null", O_RDWR) < 0) (void)::open("/", O_PATH);
    }
}

unsigned long allow_all_descriptors() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur;
}

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<void> set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return system_error("cannot make a descriptor non-blocking", errno);
    }
    return {};
}

Result<long> read_some(int fd, void *buffer, std::size_t size) {
    for (;;) {
        const ssize_t got = ::read(fd, buffer, size);
        if (got >= 0) return static_cast<long>(got);
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return -1L;
        if (errno == EIO) return 0L; // a pty whose other side is closed
        return system_error("cannot read", errno);
    }
}

Result<long> write_some(int fd, const void *buffer, std::size_t size) {
    for (;;) {
        const ssize_t put = ::write(fd, buffer, size);
        if (put >= 0) return static_cast<long>(put);
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return -1L;
        return system_error("cannot write", errno);
    }
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const long put = PX_TRY(write_some(fd, bytes.data(), bytes.size()));
        if (put < 0) { // somebody else made the descriptor non-blocking
            pollfd wait{fd, POLLOUT, 0};
            ::poll(&wait, 1, -1);
            continue;
        }
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

Result<std::string> read_file(const std::string &path, std::size_t limit) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return system_error(fmt::format("cannot open '{}'", path), errno);
    std::string text;
    char buffer[16384];
    for (;;) {
        const long got = PX_TRY(read_some(file.get(), buffer, sizeof buffer));
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > limit) {
            return cannot_run(fmt::format(
                "'{}' is larger than {} bytes, which is all we read", path, limit));
        }
    }
}

Result<void> replace_file(const std::string &path, std::string_view bytes, int mode) {
    const std::string beside = fmt::format("{}.{}.new", path, ::getpid());
    Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   static_cast<mode_t>(mode)));
    if (!file) return system_error(fmt::format("cannot create '{}'", beside), errno);
    if (auto written = write_all(file.get(), bytes); !written) {
        ::unlink(beside.c_str());
        return cannot_run(fmt::format("'{}': {}", path, written.error().what));
    }
    file.reset();
    if (::rename(beside.c_str(), path.c_str()) != 0) {
        const int error_number = errno;
        ::unlink(beside.c_str());
        return system_error(fmt::format("cannot replace '{}'", path), error_number);
    }
    return {};
}

} // namespace px
