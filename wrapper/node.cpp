// node.cpp - reads what the kernel tells of its CPUs:
// Documentation/admin-guide/cputopology and /sys/devices/system/node.
#include "wrapper/node.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace px::wrapper {

namespace {

using Cores = std::map<int, std::vector<int>>;        // CPUs by core
using Packages = std::map<int, std::map<int, Cores>>; // by package and NUMA domain

std::string first_line(const std::string &path) {
    const auto text = read_file(path);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

std::vector<int> list_in(const std::string &path) {
    auto numbers = parse_ranges(first_line(path));
    return numbers ? std::move(*numbers) : std::vector<int>();
}

int number_in(const std::string &path) {
    const auto number = parse_number(first_line(path));
    return number ? static_cast<int>(*number) : -1;
}

std::map<int, int> numa_of_cpus(const std::string &system) {
    std::map<int, int> numa;
    for (const int node : list_in(system + "/node/online")) {
        for (const int cpu : list_in(fmt::format("{}/node/node{}/cpulist", system, node)))
            numa[cpu] = node;
    }
    return numa;
}

Packages packages_of(const std::string &system) {
    const auto numa = numa_of_cpus(system);
    Packages packages;
    for (const int cpu : list_in(system + "/cpu/online")) {
        const auto topology = fmt::format("{}/cpu/cpu{}/topology/", system, cpu);
        const int core = number_in(topology + "core_id");
        const auto domain = numa.find(cpu);
        packages[number_in(topology + "physical_package_id")]
                [domain == numa.end() ? -1 : domain->second][core < 0 ? cpu : core]
                    .push_back(cpu);
    }
    return packages;
}

} // namespace

std::vector<std::vector<int>> cores_of(const std::vector<int> &usable,
                                       const std::string &system) {
    // The one file that tells most nodes that nothing else has to be read.
    const bool is_smt = first_line(system + "/cpu/smt/active") != "0";
    std::vector<std::vector<int>> cores;
    std::set<int> seen;
    for (const int cpu : usable) {
        if (seen.contains(cpu)) continue;
        std::vector<int> core = {cpu};
        const auto siblings =
            is_smt ? list_in(fmt::format("{}/cpu/cpu{}/topology/thread_siblings_list",
                                         system, cpu))
                   : std::vector<int>();
        for (const int other : siblings) {
            if (other > cpu && std::binary_search(usable.begin(), usable.end(), other))
                core.push_back(other);
        }
        seen.insert(core.begin(), core.end());
        cores.push_back(std::move(core));
    }
    return cores;
}

namespace {

// The items of a JSON list, each written by `write`.
template <class Map, class Write>
std::string list(const Map &map, Write write) {
    std::string text;
    for (const auto &[os, item] : map) {
        text +=
            fmt::format("{}{{\"os\":{},{}}}", text.empty() ? "" : ",", os, write(item));
    }
    return "[" + text + "]";
}

} // namespace

std::string allowed_cpus(int pid) {
    const auto status = read_file(fmt::format("/proc/{}/status", pid));
    if (!status) return {};
    constexpr std::string_view name = "\nCpus_allowed_list:\t";
    const auto at = status->find(name);
    if (at == std::string::npos) return {};
    const auto from = at + name.size();
    return status->substr(from, status->find('\n', from) - from);
}

std::string node_json(const std::string &usable, const std::string &system) {
    const auto may_use = parse_ranges(usable);
    const auto core = [&may_use](const std::vector<int> &cpus) {
        const bool any =
            may_use && std::any_of(cpus.begin(), cpus.end(), [&](int cpu) {
                return std::binary_search(may_use->begin(), may_use->end(), cpu);
            });
        return fmt::format("\"pus\":\"{}\",\"usable\":{}", range_text(cpus), any);
    };
    const auto numa = [&core](const Cores &cores) {
        return "\"cores\":" + list(cores, core);
    };
    const auto package = [&numa](const std::map<int, Cores> &numas) {
        return "\"numas\":" + list(numas, numa);
    };
    return fmt::format("{{\"usable\":\"{}\",\"packages\":{}}}", usable,
                       list(packages_of(system), package));
}

} // namespace px::wrapper
