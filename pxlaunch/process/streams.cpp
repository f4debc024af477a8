// streams.cpp - pipes and terminals.
#include "pxlaunch/process/streams.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace px::process {

namespace {

Result<Fd> open_file(const char *path, int flags) {
    Fd fd(::open(path, flags | O_CLOEXEC));
    if (!fd) return system_error(fmt::format("cannot open '{}'", path), errno);
    return fd;
}

Fd copy_of(const Fd &fd) { return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)); }

} // namespace

Result<Connection> connect_terminal(int rows, int columns) {
    Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    char name[128];
    if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
        ::ptsname_r(master.get(), name, sizeof name) != 0) {
        return system_error("cannot make a terminal for --pty", errno);
    }
    Connection made;
    made.theirs.in = PX_TRY(open_file(name, O_RDWR | O_NOCTTY));
    made.theirs.out = copy_of(made.theirs.in);
    made.theirs.err = copy_of(made.theirs.in);
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    ::ioctl(master.get(), TIOCSWINSZ, &size);
    made.ours.in = copy_of(master);
    made.ours.out = std::move(master);
    // One description: `in` is non-blocking too.
    PX_TRY(set_nonblocking(made.ours.out.get()));
    return made;
}

Result<Connection> connect_pipes(bool reads, bool merge) {
    Connection made;
    Pipe out = PX_TRY(make_pipe());
    made.theirs.out = std::move(out.write);
    made.ours.out = std::move(out.read);
    PX_TRY(set_nonblocking(made.ours.out.get()));
    if (merge) {
        made.theirs.err = copy_of(made.theirs.out);
    } else {
        Pipe err = PX_TRY(make_pipe());
        made.theirs.err = std::move(err.write);
        made.ours.err = std::move(err.read);
        PX_TRY(set_nonblocking(made.ours.err.get()));
    }
    if (!reads) {
        made.theirs.in = PX_TRY(open_file("/dev/null", O_RDONLY));
        return made;
    }
    Pipe in = PX_TRY(make_pipe());
    made.theirs.in = std::move(in.read);
    made.ours.in = std::move(in.write);
    PX_TRY(set_nonblocking(made.ours.in.get()));
    return made;
}

} // namespace px::process
