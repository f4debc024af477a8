// pmi_trap.cpp - a socketpair, and what it means when it is used.
#include "pxlaunch/process/pmi_trap.h"

#include "pxlaunch/job/environment.h"

#include <fmt/format.h>

#include <cerrno>
#include <sys/socket.h>

namespace px::process {

Result<PmiTrap> set_pmi_trap(int rank, std::vector<std::string> &env) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot make a socket", errno);
    }
    job::set_variable(env, "PMI_FD", fmt::format("{}", ends[1]));
    job::set_variable(env, "PMI_RANK", fmt::format("{}", rank));
    return PmiTrap{Fd(ends[0]), Fd(ends[1])};
}

bool has_asked(const Fd &ours) {
    char text[64];
    const auto got = read_some(ours.get(), text, sizeof text);
    return got && *got > 0;
}

Error speaks_pmi_1(int rank, std::size_t ranks) {
    return cannot_run(
        fmt::format("rank {} asks for PMI-1 (MPICH, Intel MPI), which this "
                    "server does not speak: its {} processes would each run "
                    "alone",
                    rank, ranks),
        "use an MPI library that was built with PMIx (Open MPI, or MPICH "
        "configured --with-pmix)");
}

} // namespace px::process
