// pool.cpp - hands out the cpus of one node.
#include "rec/map/pool.h"

#include "rec/map/demand.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace px::map {

namespace {

using job::Object;

int part_with(const std::vector<Part> &parts, int pu) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (std::binary_search(parts[i].pus.begin(), parts[i].pus.end(), pu)) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

// In hwloc's order, which keeps the threads of a core together.
std::vector<Cpu> cpus_of(const Topology &topology, Object kind, const Pus &usable) {
    std::vector<Cpu> cpus;
    const auto &numas = topology.parts(Object::numa);
    const auto &packages = topology.parts(Object::package);
    for (auto &pus : topology.objects(kind, usable)) {
        const int first = pus.front();
        cpus.push_back(
            {std::move(pus), part_with(numas, first), part_with(packages, first)});
    }
    return cpus;
}

Error not_listed(const NodeView &node, int cpu, const char *kind, std::size_t count) {
    return cannot_run(fmt::format("--map-by pe-list: node '{}' has no {} {} for this job",
                                  node.name, kind, cpu),
                      fmt::format("its {}s are 0-{}; some may be taken or not be allowed",
                                  kind, count - 1));
}

} // namespace

Result<Pool> Pool::of(const NodeView &node, const job::MapBy &map, bool crowded) {
    Pool pool;
    pool.node_ = &node;
    const auto kind = counts_hwthreads(map) ? Object::hwthread : Object::core;
    const Pus &usable = crowded && !node.shared.empty() ? node.shared : node.usable;
    pool.cpus_ = cpus_of(*node.topology, kind, usable);
    if (crowded && pool.cpus_.empty()) {
        pool.cpus_ = cpus_of(*node.topology, kind, node.topology->pus());
    }
    if (map.pe_list) PX_TRY(pool.keep_listed(map));
    for (const auto &cpu : pool.cpus_) {
        pool.pus_.insert(pool.pus_.end(), cpu.pus.begin(), cpu.pus.end());
    }
    std::sort(pool.pus_.begin(), pool.pus_.end());
    pool.find_objects(map.object);
    pool.slots = node.slots > 0 ? node.slots : static_cast<int>(pool.cpus_.size());
    pool.gpus = static_cast<int>(!node.gpus_known ? 0
                                 : node.free_gpus ? node.free_gpus->size()
                                                  : node.topology->gpus().size());
    return pool;
}

// Numbers count all cpus of the node, so that they mean the same whatever is free.
Result<void> Pool::keep_listed(const job::MapBy &map) {
    const bool threads = counts_hwthreads(map);
    const auto &all = node_->topology->parts(threads ? Object::hwthread : Object::core);
    std::vector<Cpu> kept;
    for (const int number : map.cpu_list) {
        const auto index = static_cast<std::size_t>(number);
        const auto found = std::find_if(cpus_.begin(), cpus_.end(), [&](const Cpu &cpu) {
            return index < all.size() && intersects(cpu.pus, all[index].pus);
        });
        if (found == cpus_.end()) {
            return not_listed(*node_, number, threads ? "hardware thread" : "core",
                              all.size());
        }
        kept.push_back(*found);
    }
    cpus_ = std::move(kept);
    return {};
}

void Pool::find_objects(Object kind) {
    for (const auto &object : node_->topology->objects(kind, pus_)) {
        std::vector<int> members;
        for (std::size_t i = 0; i < cpus_.size(); ++i) {
            if (intersects(cpus_[i].pus, object)) members.push_back(static_cast<int>(i));
        }
        objects_.push_back(std::move(members));
    }
}

Pus Pool::pus_of(std::span<const int> cpus) const {
    Pus pus;
    for (const int cpu : cpus) {
        const auto &more = cpus_[cpu].pus;
        pus.insert(pus.end(), more.begin(), more.end());
    }
    std::sort(pus.begin(), pus.end());
    return pus;
}

std::vector<int> Pool::take(int object, int count) {
    std::vector<int> free;
    for (const int cpu : objects_[object]) {
        if (cpus_[cpu].free) free.push_back(cpu);
        if (count == 1 && !free.empty()) break;
    }
    const auto wanted = static_cast<std::size_t>(count);
    if (free.size() < wanted) return {};
    for (const auto level : {&Cpu::numa, &Cpu::package}) {
        std::map<int, std::vector<int>> groups;
        for (const int cpu : free) groups[cpus_[cpu].*level].push_back(cpu);
        const auto fitting =
            std::find_if(groups.begin(), groups.end(), [&](const auto &group) {
                return group.second.size() >= wanted;
            });
        if (fitting == groups.end()) continue;
        free = fitting->second;
        break;
    }
    free.resize(wanted);
    for (const int cpu : free) cpus_[cpu].free = false;
    return free;
}

} // namespace px::map
