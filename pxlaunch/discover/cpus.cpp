// cpus.cpp - this process's affinity and the kernel's list of siblings.
#include "pxlaunch/discover/cpus.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sched.h>
#include <set>
#include <unistd.h>

namespace px::discover {

Cpus count_cpus() {
    constexpr int most = 8192;
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t *)> set(
        CPU_ALLOC(most), [](cpu_set_t *each) { CPU_FREE(each); });
    const auto size = CPU_ALLOC_SIZE(most);
    CPU_ZERO_S(size, set.get());
    Cpus cpus;
    if (::sched_getaffinity(0, size, set.get()) != 0) return cpus;
    std::set<std::string> cores; // each by its siblings
    for (int cpu = 0; cpu < most; ++cpu) {
        if (!CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set.get())) continue;
        ++cpus.threads;
        const auto text = read_file(fmt::format(
            "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
        const std::string siblings =
            text ? text->substr(0, text->find('\n')) : fmt::format("{}", cpu);
        const auto all = parse_ranges(siblings);
        if (all)
            cpus.threads_per_core =
                std::max(cpus.threads_per_core, static_cast<int>(all->size()));
        cores.insert(siblings);
    }
    cpus.cores = static_cast<int>(cores.size());
    cpus.online = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    return cpus;
}

} // namespace px::discover
