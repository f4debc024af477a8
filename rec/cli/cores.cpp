// cores.cpp - pxrec up --cores: an affinity that the mapper then takes for the machine.
#include "rec/cli/cores.h"

#include "pxlaunch/base/fd.h"
#include "rec/map/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sched.h>

namespace px::rec {

Result<void> check_cores(int count) {
    const auto topology = PX_TRY(map::Topology::load_this_machine());
    const auto all = topology.parts(job::Object::core).size();
    if (static_cast<std::size_t>(count) <= all) return {};
    return usage_error(fmt::format("--cores: this shell may use {}, got {}", all, count),
                       "leave --cores out for all of them");
}

Result<void> keep_cores(int count) {
    const auto topology = PX_TRY(map::Topology::load_this_machine());
    const auto &cores = topology.parts(job::Object::core);
    const auto wanted = std::min(static_cast<std::size_t>(count), cores.size());
    int most = 0;
    for (const int pu : topology.pus()) most = std::max(most, pu);
    const auto room = static_cast<std::size_t>(most) + 1;
    cpu_set_t *set = CPU_ALLOC(room);
    const auto size = CPU_ALLOC_SIZE(room);
    CPU_ZERO_S(size, set);
    for (std::size_t i = 0; i < wanted; ++i) {
        for (const int pu : cores[i].pus)
            CPU_SET_S(static_cast<std::size_t>(pu), size, set);
    }
    const int failed = ::sched_setaffinity(0, size, set);
    CPU_FREE(set);
    if (failed != 0) return system_error("cannot keep to --cores", errno);
    return {};
}

} // namespace px::rec
