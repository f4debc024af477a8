// gpu_binder.cpp - deals out GPUs, those near a rank's cpus first.
#include "rec/map/gpu_binder.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

namespace px::map {

namespace {

using job::Object;

enum Distance { same_part, same_package, same_node };

bool share_package(const Topology &topology, const Pus &a, const Pus &b) {
    const auto &packages = topology.parts(Object::package);
    return std::any_of(packages.begin(), packages.end(), [&](const Part &package) {
        return intersects(package.pus, a) && intersects(package.pus, b);
    });
}

Distance distance(const Topology &topology, const Gpu &gpu, const RankPlace &rank) {
    const Pus &cpus = rank.cpus.empty() ? rank.reserved : rank.cpus;
    if (intersects(gpu.near, cpus)) return same_part;
    return share_package(topology, gpu.near, cpus) ? same_package : same_node;
}

// The GPUs of one node.
class Dealer {
  public:
    Dealer(const Topology &topology, std::vector<int> free)
        : topology_(topology), free_(std::move(free)), users_(topology.gpus().size(), 0) {
    }

    // One round: every rank takes what it lacks from GPUs at most `limit` away, so that
    // no rank takes from afar what is near to another.
    void deal(std::vector<std::pair<RankPlace *, int>> &ranks, Distance limit,
              bool shared) {
        for (auto &[rank, wanted] : ranks) {
            while (static_cast<int>(rank->gpus.size()) < wanted) {
                const int gpu = best(*rank, limit, shared);
                if (gpu < 0) break;
                ++users_[gpu];
                rank->gpus.push_back(gpu);
            }
            std::sort(rank->gpus.begin(), rank->gpus.end());
        }
    }

  private:
    [[nodiscard]] int best(const RankPlace &rank, Distance limit, bool shared) const {
        int found = -1;
        std::tuple<int, int> least;
        for (const int gpu : free_) {
            const bool has =
                std::find(rank.gpus.begin(), rank.gpus.end(), gpu) != rank.gpus.end();
            if (has || (users_[gpu] > 0 && !shared)) continue;
            const auto away = distance(topology_, topology_.gpus()[gpu], rank);
            const std::tuple<int, int> key(users_[gpu], away);
            if (away > limit || (found >= 0 && key >= least)) continue;
            found = gpu;
            least = key;
        }
        return found;
    }

    const Topology &topology_;
    std::vector<int> free_;
    std::vector<int> users_; // ranks, by GPU
};

std::vector<int> free_gpus(const NodeView &node, bool shared) {
    if (node.free_gpus && !shared) return *node.free_gpus;
    std::vector<int> all(node.topology->gpus().size());
    std::iota(all.begin(), all.end(), 0);
    return all;
}

} // namespace

void assign_gpus(const Seating &seating, const std::vector<Demand> &demands,
                 std::vector<RankPlace> &ranks) {
    for (std::size_t node = 0; node < seating.pools.size(); ++node) {
        std::vector<std::pair<RankPlace *, int>> here;
        for (auto &rank : ranks) {
            const int wanted = demands[rank.app].gpus;
            if (rank.node == static_cast<int>(node) && wanted > 0)
                here.push_back({&rank, wanted});
        }
        if (here.empty()) continue;
        const auto &view = seating.pools[node].node();
        Dealer dealer(*view.topology, free_gpus(view, seating.crowded));
        for (const auto limit : {same_part, same_package})
            dealer.deal(here, limit, false);
        dealer.deal(here, same_node, seating.crowded);
    }
}

} // namespace px::map
