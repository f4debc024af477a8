// ranker.cpp - every rule of --rank-by is an order to sort the seats by.
#include "rec/map/ranker.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>

namespace px::map {

namespace {

// Nodes count in the order in which the job first used them.
std::vector<int> node_positions(const Seating &seating) {
    std::vector<int> positions(seating.pools.size(), -1);
    int used = 0;
    for (const auto &seat : seating.seats) {
        if (positions[seat.node] < 0) positions[seat.node] = used++;
    }
    return positions;
}

} // namespace

std::vector<int> rank_order(const Seating &seating, job::RankBy rule) {
    using Key = std::array<int, 4>;
    const auto positions = node_positions(seating);
    std::map<std::pair<int, int>, int> on_node;         // app, node
    std::map<std::tuple<int, int, int>, int> on_object; // app, node, object
    std::vector<Key> keys;
    for (const auto &seat : seating.seats) {
        const int node = positions[seat.node];
        const int nth_on_node = on_node[{seat.app, seat.node}]++;
        const int nth_on_object = on_object[{seat.app, seat.node, seat.object}]++;
        switch (rule) {
        case job::RankBy::slot:
            keys.push_back({seat.app, node, 0, 0});
            break;
        case job::RankBy::node:
            keys.push_back({seat.app, nth_on_node, node, 0});
            break;
        case job::RankBy::fill:
            keys.push_back({seat.app, node, seat.object, 0});
            break;
        case job::RankBy::span:
            keys.push_back({seat.app, nth_on_object, node, seat.object});
            break;
        }
    }
    std::vector<int> order(keys.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return keys[a] < keys[b]; });
    return order;
}

} // namespace px::map
