#pragma once
// File descriptors: an owner, and the system calls on them that the project uses.
// Every descriptor made here is close-on-exec.

#include "pxlaunch/base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace px {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd &operator=(Fd &&other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset();

  private:
    int fd_ = -1;
};

// As many descriptors as the hard limit lets this process have; their number.
unsigned long allow_all_descriptors();

struct Pipe {
    Fd read, write;
};

// Opens /dev/null for each of 0, 1 and 2 that is closed, so that no descriptor of ours
// becomes somebody's standard input or output. First thing in main().
void open_standard_descriptors();

Result<Pipe> make_pipe();
Result<void> set_nonblocking(int fd);

// Bytes read or written at once, 0 at end of file; -1 where the call would block;
// an end on the other side (EPIPE, EIO of a pty) reads as 0 and writes as an Error.
Result<long> read_some(int fd, void *buffer, std::size_t size);
Result<long> write_some(int fd, const void *buffer, std::size_t size);
// All bytes, waiting as long as it takes; for descriptors that block, or files.
Result<void> write_all(int fd, std::string_view bytes);

// A whole file, at most `limit` bytes; the Error names the path.
Result<std::string> read_file(const std::string &path, std::size_t limit = 1 << 20);
// Replaces `path` in one step (write beside it, rename); mode is octal permission bits.
Result<void> replace_file(const std::string &path, std::string_view bytes, int mode);

// "cannot open '/x': permission denied": the one way a system error is worded.
Error system_error(std::string_view doing, int error_number);
Error start_error(std::string_view doing, int error_number); // of a process or a thread
std::string error_text(int error_number); // lower case, as in our messages

} // namespace px
