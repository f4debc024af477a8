// machine.cpp - cores, devices, libraries, services and limits of this machine.
#include "rec/cli/machine.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/run_directory.h"
#include "pxlaunch/pmix/settings.h"
#include "rec/map/topology.h"

#include <fmt/format.h>

#include <cstring>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace px::rec {

namespace {

constexpr const char *munge_socket = "/run/munge/munge.socket.2";

std::vector<Limit> look_at_limits() {
    struct Row {
        const char *name;
        __rlimit_resource resource;
    };
    std::vector<Limit> limits;
    for (const auto &[name, resource] :
         {Row{"open files", RLIMIT_NOFILE}, Row{"processes", RLIMIT_NPROC},
          Row{"locked memory", RLIMIT_MEMLOCK}, Row{"stack", RLIMIT_STACK},
          Row{"core file", RLIMIT_CORE}}) {
        rlimit limit{};
        if (::getrlimit(resource, &limit) != 0) continue;
        limits.push_back({name, limit.rlim_cur, limit.rlim_max});
    }
    return limits;
}

std::string limit_text(unsigned long long limit) {
    return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit);
}

std::string gpu_text(const Machine &machine) {
    if (machine.gpus == 0) return "none";
    return fmt::format("{} of {}", machine.gpus, machine.gpu_vendor);
}

} // namespace

const char *to_string(Munge munge) {
    switch (munge) {
    case Munge::alive:
        return "alive";
    case Munge::dead:
        return "dead: its socket is there, and nobody listens";
    case Munge::absent:
        break;
    }
    return "absent";
}

Munge look_at_munge(const std::string &socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.size() >= sizeof address.sun_path) return Munge::absent;
    std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
    const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(probe.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) ==
        0) {
        return Munge::alive;
    }
    if (errno == EAGAIN) return Munge::alive; // busy
    return errno == ENOENT || errno == ENOTDIR ? Munge::absent : Munge::dead;
}

Machine look_at_machine(const discover::Here &here) {
    Machine machine;
    machine.host = here.host;
    machine.allocation = discover::find_allocation(here).key();
    machine.pmix = pmix::library_version();
    const auto bases = discover::base_directories(here);
    if (!bases.empty()) machine.run_directory = bases.front();
    if (const auto topology = map::Topology::load_this_machine(map::Devices::find)) {
        machine.cores = static_cast<int>(topology->parts(job::Object::core).size());
        machine.threads = static_cast<int>(topology->pus().size());
        machine.gpus = static_cast<int>(topology->gpus().size());
        machine.gpu_vendor = topology->gpu_vendor();
    }
    machine.munge = look_at_munge(munge_socket);
    machine.limits = look_at_limits();
    return machine;
}

std::string machine_text(const Machine &machine) {
    std::string text = fmt::format("  host           {}\n"
                                   "  allocation     {}\n"
                                   "  cores          {} ({} hardware threads)\n"
                                   "  GPUs           {}\n"
                                   "  PMIx           {}\n"
                                   "  munge          {}\n"
                                   "  run directory  {}\n",
                                   machine.host, machine.allocation, machine.cores,
                                   machine.threads, gpu_text(machine), machine.pmix,
                                   to_string(machine.munge), machine.run_directory);
    for (const auto &limit : machine.limits) {
        text += fmt::format("  {:13}  {}, at most {}\n", limit.name,
                            limit_text(limit.soft), limit_text(limit.hard));
    }
    return text;
}

} // namespace px::rec
