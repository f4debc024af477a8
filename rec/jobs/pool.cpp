// pool.cpp - accounting of cores and GPUs.
#include "rec/jobs/pool.h"

#include "rec/map/layout_json.h"

#include <algorithm>

namespace px::jobs {

namespace {
int count_cores(const map::NodeView &node) {
    return static_cast<int>(
        node.topology->objects(job::Object::core, node.usable).size());
}
} // namespace

std::vector<map::NodeView> Pool::whole() const {
    std::vector<map::NodeView> views;
    for (const auto &node : nodes_) {
        map::NodeView view;
        view.name = node.host;
        view.topology = node.topology;
        view.usable = node.topology->pus();
        view.gpus_known = node.gpus_known;
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<map::NodeView> Pool::free(const std::vector<Cpu> &own) const {
    const auto held = [](const std::map<Cpu, int> &holders, const Cpu &cpu) {
        const auto found = holders.find(cpu);
        return found != holders.end() && found->second > 0;
    };
    auto views = whole();
    for (int number = 0; auto &view : views) {
        view.shared = view.usable;
        std::erase_if(view.usable, [&](int pu) {
            const Cpu cpu{number, pu};
            return held(holders_, cpu) &&
                   std::find(own.begin(), own.end(), cpu) == own.end();
        });
        std::vector<int> gpus;
        for (int gpu = 0; gpu < static_cast<int>(view.topology->gpus().size()); ++gpu) {
            if (!held(gpu_holders_, {number, gpu})) gpus.push_back(gpu);
        }
        view.free_gpus = std::move(gpus);
        ++number;
    }
    return views;
}

Result<std::optional<map::Layout>> Pool::place(const job::Spec &asked,
                                               const std::vector<Cpu> &own) {
    if (!managed_) {
        return std::optional(PX_TRY(map::place(whole(), asked)));
    }
    job::Spec spec = asked;
    spec.placement.exclusive =
        true; // whoever asks: no rank on a core that it has not got
    auto answer = map::place_or_wait(whole(), free(own), spec);
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
        for (const int pu : rank.reserved) holders_[{rank.node, pu}] += by;
        for (const int gpu : rank.gpus) gpu_holders_[{rank.node, gpu}] += by;
    }
}

int Pool::cores() const {
    int sum = 0;
    for (const auto &node : whole()) sum += count_cores(node);
    return sum;
}

int Pool::free_cores() const {
    int sum = 0;
    for (const auto &node : free({})) sum += count_cores(node);
    return sum;
}

std::string Pool::picture(const map::Layout &layout) const {
    return map::layout_json(whole(), layout);
}

} // namespace px::jobs
