// seating.cpp - the mapping rules: fill, cycle, and so many for each object.
#include "rec/map/seating.h"

#include "rec/map/shortage.h"

#include <algorithm>
#include <climits>

namespace px::map {

namespace {

// Seats one application; the rules differ only in the order in which they try objects.
class Usher {
  public:
    Usher(Seating &seating, const job::Placement &placement, const Demand &demand,
          int app)
        : seating_(seating), placement_(placement), demand_(demand), app_(app),
          own_cpus_(needs_own_cpus(placement, demand)), left_(demand.np),
          room_(seating.pools.size(), 0), next_(seating.pools.size(), 0) {
        for (const int node : demand.nodes) room_[node] = room_on(node);
    }

    // Ranks that found no seat.
    int seat() {
        const auto &map = placement_.map;
        if (map.per_object > 0) return seat_pattern();
        const bool cycles = map.span || map.object == job::Object::node;
        cycles ? cycle() : fill();
        if (left_ > 0 && seating_.crowded) cycles ? cycle_over() : spread();
        return left_;
    }

  private:
    [[nodiscard]] int room_on(int node) const {
        const auto &pool = seating_.pools[node];
        int room = pool.slots;
        const auto named = demand_.slots.find(node);
        // Without a scheduler's word on slots, the user's is taken for it.
        if (named != demand_.slots.end()) {
            room = pool.node().slots > 0 ? std::min(room, named->second) : named->second;
        }
        return demand_.per_node > 0 ? std::min(room, demand_.per_node) : room;
    }

    void take_seat(int node, int object, std::vector<int> cpus) {
        auto &pool = seating_.pools[node];
        if (cpus.empty()) seating_.packed[node] = true;
        seating_.seats.push_back({app_, node, object, std::move(cpus)});
        next_[node] = object + 1;
        --room_[node];
        --pool.slots;
        pool.gpus -= demand_.gpus;
        --left_;
    }

    [[nodiscard]] bool has_room(int node) const {
        const auto &pool = seating_.pools[node];
        const auto &view = pool.node();
        const auto there =
            view.gpus_known ? static_cast<int>(view.topology->gpus().size()) : 0;
        const int gpus = seating_.crowded ? there : pool.gpus;
        return left_ > 0 && room_[node] > 0 && gpus >= demand_.gpus;
    }

    // One rank on the first object from `next_` on that has the cpus for it; where none
    // has, and cpus may be shared, on the next one.
    bool seat_one(int node) {
        auto &pool = seating_.pools[node];
        const int objects = static_cast<int>(pool.objects().size());
        if (objects == 0 || !has_room(node)) return false;
        for (int i = 0; i < objects && !seating_.crowded; ++i) {
            const int object = (next_[node] + i) % objects;
            auto cpus = pool.take(object, demand_.cpus);
            if (cpus.empty()) continue;
            take_seat(node, object, std::move(cpus));
            return true;
        }
        if (own_cpus_ && !seating_.crowded) return false;
        take_seat(node, next_[node] % objects, {});
        return true;
    }

    void fill() {
        for (const int node : demand_.nodes) {
            while (seat_one(node)) {
            }
        }
    }

    void cycle() {
        for (bool progress = true; progress;) {
            progress = false;
            for (const int node : demand_.nodes) progress |= seat_one(node);
        }
    }

    // PRRTE's second pass: the same number more on every node, the first ones one more.
    void spread() {
        const int nodes = static_cast<int>(demand_.nodes.size());
        const int share = left_ / nodes, more = left_ % nodes;
        for (int i = 0; i < nodes; ++i) {
            const int node = demand_.nodes[i];
            room_[node] = overflow_on(node, share + (i < more ? 1 : 0));
            while (seat_one(node)) {
            }
        }
        if (left_ > 0) cycle_over();
    }

    void cycle_over() {
        for (const int node : demand_.nodes) room_[node] = overflow_on(node, INT_MAX);
        cycle();
    }

    // -N is a limit however much a node is oversubscribed.
    [[nodiscard]] int overflow_on(int node, int wanted) const {
        if (demand_.per_node == 0) return wanted;
        const auto mine = std::count_if(
            seating_.seats.begin(), seating_.seats.end(),
            [&](const Seat &seat) { return seat.app == app_ && seat.node == node; });
        return std::min(wanted, demand_.per_node - static_cast<int>(mine));
    }

    int seat_pattern() {
        for (const int node : demand_.nodes) {
            if (seating_.crowded) room_[node] = overflow_on(node, INT_MAX);
            const int objects = static_cast<int>(seating_.pools[node].objects().size());
            for (int object = 0; object < objects; ++object) seat_on(node, object);
        }
        return left_;
    }

    void seat_on(int node, int object) {
        for (int i = 0; i < placement_.map.per_object && has_room(node); ++i) {
            std::vector<int> cpus;
            if (!seating_.crowded) cpus = seating_.pools[node].take(object, demand_.cpus);
            if (cpus.empty() && own_cpus_ && !seating_.crowded) return;
            take_seat(node, object, std::move(cpus));
        }
    }

    Seating &seating_;
    const job::Placement &placement_;
    const Demand &demand_;
    int app_;
    bool own_cpus_;
    int left_;
    std::vector<int> room_; // ranks of this application, by node
    std::vector<int> next_; // object to try first, by node
};

// Without np: what the pattern says, or every slot that has its cpus.
int as_many_as_fit(const Seating &seating, const job::MapBy &map, const Demand &demand) {
    int np = 0;
    for (const int node : demand.nodes) {
        const auto &pool = seating.pools[node];
        const int cpus = static_cast<int>(pool.cpus().size());
        int here = std::min(pool.slots, cpus / demand.cpus);
        if (demand.per_node > 0) here = demand.per_node;
        if (map.per_object > 0)
            here = map.per_object * static_cast<int>(pool.objects().size());
        np += here;
    }
    return np;
}

} // namespace

bool needs_own_cpus(const job::Placement &placement, const Demand &demand) {
    const auto &bind = placement.bind;
    if (placement.exclusive || demand.cpus_given) return true;
    if (bind.overload_allowed || bind.if_supported || bind.none) return false;
    return bind.object != job::Object::slot || placement.map.pe_list ||
           (placement.map.per_object > 0 && placement.map.object != job::Object::node);
}

Result<Seating> seat_ranks(const std::vector<NodeView> &nodes, const job::Spec &spec,
                           std::vector<Demand> demands, bool crowded) {
    Seating seating;
    seating.crowded = crowded;
    seating.packed.resize(nodes.size());
    for (const auto &node : nodes) {
        seating.pools.push_back(PX_TRY(Pool::of(node, spec.placement.map, crowded)));
    }
    const auto empty = seating.pools;
    for (auto &demand : demands) {
        if (demand.np == 0)
            demand.np = as_many_as_fit(seating, spec.placement.map, demand);
    }
    for (std::size_t i = 0; i < demands.size(); ++i) {
        Usher usher(seating, spec.placement, demands[i], static_cast<int>(i));
        if (usher.seat() > 0) return shortage({empty, spec.placement, demands}, i);
    }
    if (seating.seats.empty()) return nothing_free(empty);
    return seating;
}

} // namespace px::map
