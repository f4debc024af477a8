// srun_child.cpp - a memfd, because our directories need not be where srun is.
#include "pxlaunch/process/srun_child.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace px::process {

Result<SrunChild> start_srun(ChildSpec spec, const std::string &hosts) {
    const Fd list(::memfd_create("hosts", MFD_CLOEXEC));
    if (!list) return system_error("cannot write the list of hosts", errno);
    PX_TRY(write_all(list.get(), hosts));
    Pipe words = PX_TRY(make_pipe());
    PX_TRY(set_nonblocking(words.read.get()));
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    spec.env.push_back(fmt::format("SLURM_HOSTFILE=/proc/self/fd/{}", list.get()));
    spec.directory = "/";
    spec.in = null.get();
    spec.out = spec.err = words.write.get();
    spec.keep = list.get();
    // Alone, its helper would have Slurm kill the step, and what removes containers with
    // it.
    spec.dies_with_us = false;
    SrunChild child;
    child.pid = PX_TRY(start_child(spec));
    child.words = std::move(words.read);
    return child;
}

} // namespace px::process
