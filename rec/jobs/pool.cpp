// pool.cpp - accounting of cores and GPUs.
#include "rec/jobs/pool.h"

#include "rec/map/layout_json.h"

#include <algorithm>

namespace px::jobs {

map::NodeView Pool::whole() const {
    map::NodeView node;
    node.name = host_;
    node.topology = &topology_;
    node.usable = topology_.pus();
    return node;
}

map::NodeView Pool::free(const std::vector<int> &own) const {
    map::NodeView node = whole();
    node.shared = node.usable;
    std::erase_if(node.usable, [&](int pu) {
        const auto held = holders_.find(pu);
        const bool taken = held != holders_.end() && held->second > 0;
        return taken && std::find(own.begin(), own.end(), pu) == own.end();
    });
    std::vector<int> gpus;
    for (int gpu = 0; gpu < static_cast<int>(topology_.gpus().size()); ++gpu) {
        const auto held = gpu_holders_.find(gpu);
        if (held == gpu_holders_.end() || held->second == 0) gpus.push_back(gpu);
    }
    node.free_gpus = std::move(gpus);
    return node;
}

Result<std::optional<map::Layout>> Pool::place(const job::Spec &asked,
                                               const std::vector<int> &own) {
    if (!managed_) {
        return std::optional(PX_TRY(map::place({whole()}, asked)));
    }
    job::Spec spec = asked;
    spec.placement.exclusive =
        true; // whoever asks: no rank on a core that it has not got
    auto answer = map::place_or_wait({whole()}, {free(own)}, spec);
    if (answer.fit == map::Fit::never) return std::move(answer.error);
    if (answer.fit == map::Fit::later) return std::optional<map::Layout>();
    count(answer.layout, +1);
    return std::optional(std::move(answer.layout));
}

void Pool::release(const map::Layout &layout) {
    if (managed_) count(layout, -1);
}

void Pool::count(const map::Layout &layout, int by) {
    for (const auto &rank : layout.ranks) {
        for (const int pu : rank.reserved) holders_[pu] += by;
        for (const int gpu : rank.gpus) gpu_holders_[gpu] += by;
    }
}

int Pool::cores() const {
    return static_cast<int>(topology_.objects(job::Object::core, topology_.pus()).size());
}

int Pool::free_cores() const {
    return static_cast<int>(topology_.objects(job::Object::core, free({}).usable).size());
}

std::string Pool::picture(const map::Layout &layout) const {
    return map::layout_json({whole()}, layout);
}

} // namespace px::jobs
