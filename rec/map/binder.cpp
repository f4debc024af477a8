// binder.cpp - the default rule of binding, and --bind-to.
#include "rec/map/binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace px::map {

namespace {

using job::Object;

// One rank, its seat, and what may be said of it.
struct Bound {
    RankPlace *rank;
    const Seat *seat;
    bool cpus_given;
};

bool is_crowded(const Seating &seating, int node) {
    return seating.crowded || seating.packed[node];
}

// The default without cpus per rank: ranks r of the n on an object get its cpus
// [r*C/n, (r+1)*C/n), less those that other applications took with -c.
void share_object(const Pool &pool, const std::vector<Bound> &group, int object) {
    std::vector<bool> shared(pool.cpus().size(), false);
    for (const int cpu : pool.objects()[object]) shared[cpu] = pool.cpus()[cpu].free;
    for (const auto &bound : group) {
        for (const int cpu : bound.seat->cpus) shared[cpu] = true;
    }
    std::vector<int> cpus;
    for (const int cpu : pool.objects()[object]) {
        if (shared[cpu]) cpus.push_back(cpu);
    }
    const std::size_t ranks = group.size(), count = cpus.size();
    for (std::size_t i = 0; i < ranks; ++i) {
        const auto first = i * count / ranks, last = (i + 1) * count / ranks;
        const std::span<const int> mine(cpus.data() + first, last - first);
        group[i].rank->cpus = pool.pus_of(mine);
        group[i].rank->reserved = pool.pus_of(mine.first(1));
    }
}

void bind_by_default(const Seating &seating, const job::Placement &placement,
                     const std::vector<Bound> &bounds) {
    std::map<std::pair<int, int>, std::vector<Bound>> groups; // node, object
    for (const auto &bound : bounds) {
        const auto &pool = seating.pools[bound.seat->node];
        if (is_crowded(seating, bound.seat->node)) continue;
        bound.rank->cpus = bound.rank->reserved;
        if (placement.map.pe_list) {
            if (!placement.map.ordered) bound.rank->cpus = pool.pus();
        } else if (!bound.cpus_given && !placement.exclusive) {
            groups[{bound.seat->node, bound.seat->object}].push_back(bound);
        }
    }
    for (const auto &[where, group] : groups) {
        share_object(seating.pools[where.first], group, where.second);
    }
}

// Binds to one kind of object, of which a rank gets all that its cpus lie in.
class Widener {
  public:
    Widener(const Seating &seating, const job::Placement &placement)
        : seating_(seating), placement_(placement), taken_(seating.pools.size()),
          nth_(seating.pools.size()) {
        for (std::size_t i = 0; i < seating.pools.size(); ++i) {
            nth_[i].resize(seating.pools[i].objects().size(), 0);
        }
    }

    // In a shared pool, a NUMA domain is what this job took of it.
    void restrict_to(const std::vector<Bound> &bounds) {
        if (!placement_.exclusive || seating_.crowded) return;
        for (const auto &bound : bounds) {
            auto &taken = taken_[bound.seat->node];
            taken.insert(taken.end(), bound.rank->reserved.begin(),
                         bound.rank->reserved.end());
        }
        for (auto &taken : taken_) std::sort(taken.begin(), taken.end());
    }

    Result<void> bind(const Bound &bound, int count) {
        const auto &pool = seating_.pools[bound.seat->node];
        const auto kind = placement_.bind.object;
        if (pool.node().topology->parts(kind).empty()) return no_such_object(pool);
        auto cpus = bound.seat->cpus;
        if (cpus.empty()) {
            if (!may_share()) return {};
            cpus = next_cpus(bound, count);
        }
        bound.rank->cpus = kind == Object::hwthread ? first_threads(pool, cpus)
                                                    : widened(bound.seat->node, cpus);
        return {};
    }

  private:
    [[nodiscard]] bool may_share() const {
        return placement_.bind.overload_allowed ||
               placement_.map.oversubscribe.value_or(false);
    }

    Result<void> no_such_object(const Pool &pool) const {
        if (placement_.bind.if_supported) return {};
        const auto name = job::to_string(placement_.bind.object);
        return cannot_run(
            fmt::format("--bind-to: node '{}' has no {}", pool.node().name, name),
            fmt::format("write --bind-to {}:if-supported to run unbound there", name));
    }

    // Ranks without cpus of their own go round the object's.
    std::vector<int> next_cpus(const Bound &bound, int count) {
        const auto &object =
            seating_.pools[bound.seat->node].objects()[bound.seat->object];
        int &nth = nth_[bound.seat->node][bound.seat->object];
        std::vector<int> cpus;
        for (int i = 0; i < std::min(count, static_cast<int>(object.size())); ++i) {
            cpus.push_back(object[nth++ % object.size()]);
        }
        return cpus;
    }

    static Pus first_threads(const Pool &pool, const std::vector<int> &cpus) {
        Pus pus;
        for (const int cpu : cpus) pus.push_back(pool.cpus()[cpu].pus.front());
        std::sort(pus.begin(), pus.end());
        return pus;
    }

    [[nodiscard]] Pus widened(int node, const std::vector<int> &cpus) const {
        const auto &pool = seating_.pools[node];
        const Pus own = pool.pus_of(cpus);
        const Pus &limit = taken_[node].empty() ? pool.pus() : taken_[node];
        Pus wide;
        for (const auto &part : pool.node().topology->parts(placement_.bind.object)) {
            if (!intersects(part.pus, own)) continue;
            const auto pus = intersection(part.pus, limit);
            wide.insert(wide.end(), pus.begin(), pus.end());
        }
        std::sort(wide.begin(), wide.end());
        return wide;
    }

    const Seating &seating_;
    const job::Placement &placement_;
    std::vector<Pus> taken_;            // by node; empty: no limit
    std::vector<std::vector<int>> nth_; // by node and object
};

Result<void> bind_to_object(const Seating &seating, const job::Placement &placement,
                            const std::vector<Demand> &demands,
                            const std::vector<Bound> &bounds) {
    Widener widener(seating, placement);
    widener.restrict_to(bounds);
    for (const auto &bound : bounds) {
        PX_TRY(widener.bind(bound, demands[bound.seat->app].cpus));
    }
    return {};
}

} // namespace

Result<void> bind_ranks(const Seating &seating, const job::Spec &spec,
                        const std::vector<Demand> &demands, const std::vector<int> &seats,
                        std::vector<RankPlace> &ranks) {
    std::vector<Bound> bounds;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const auto &seat = seating.seats[seats[i]];
        if (!is_crowded(seating, seat.node)) {
            ranks[i].reserved = seating.pools[seat.node].pus_of(seat.cpus);
        }
        bounds.push_back({&ranks[i], &seat, demands[seat.app].cpus_given});
    }
    const auto &bind = spec.placement.bind;
    if (bind.none) return {};
    if (bind.object != Object::slot) {
        return bind_to_object(seating, spec.placement, demands, bounds);
    }
    bind_by_default(seating, spec.placement, bounds);
    return {};
}

} // namespace px::map
