// shim_layout.cpp - where the ranks of a job are, as their shims see it: what a foreign
// server plans it does not tell, and what it says it did is not always so.
#include "pxlaunch/shims/shim_runtime.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace px::shims {

namespace {

using Json = nlohmann::ordered_json;

int usable_cores(const Json &node) {
    int cores = 0;
    for (const auto &package : node.at("packages")) {
        for (const auto &numa : package.at("numas")) {
            for (const auto &core : numa.at("cores")) cores += core.at("usable") ? 1 : 0;
        }
    }
    return cores;
}

// The nodes in the order of their lowest rank.
struct NodeList {
    Json list = Json::array();
    std::map<std::string, std::size_t> index;
    std::map<std::string, int> ranks;

    [[nodiscard]] bool any_oversubscribed() const {
        return std::any_of(list.begin(), list.end(), [this](const Json &node) {
            return ranks.at(node.at("name")) > usable_cores(node);
        });
    }
    void add(const channel::Hello &hello) {
        ++ranks[hello.host];
        if (!index.emplace(hello.host, list.size()).second) return;
        const auto node = Json::parse(hello.node);
        list.push_back({{"name", hello.host}, {"packages", node.at("packages")}});
    }
};

// Bound ranks may use less than what their daemon may.
std::string bound_to(const channel::Hello &hello) {
    const auto usable = Json::parse(hello.node).at("usable").get<std::string>();
    return hello.cpus == usable ? std::string() : hello.cpus;
}

} // namespace

void ShimRuntime::note_place(const channel::Hello &hello) {
    if (!hello.node.empty()) places_[hello.rank] = hello;
}

Result<std::string> ShimRuntime::layout() const {
    try {
        Json ranks = Json::array();
        NodeList nodes;
        std::map<std::string, int> seen;
        for (const auto &[number, hello] : places_) {
            nodes.add(hello);
            const auto place = place_in(spec_, number);
            Json rank{{"rank", number}, {"app", place.app}, {"app_rank", place.rank}};
            rank["node"] = nodes.index[hello.host];
            rank["local_rank"] = seen[hello.host]++;
            rank["cpus"] = bound_to(hello);
            rank["gpus"] = "";
            ranks.push_back(std::move(rank));
        }
        Json json{{"nodes", nodes.list}, {"ranks", std::move(ranks)}};
        json["oversubscribed"] = nodes.any_oversubscribed();
        return json.dump();
    } catch (const std::exception &error) {
        return cannot_run(fmt::format("cannot read where a rank is: {}", error.what()),
                          "is pxwrap of the same release as pxlaunch on every node?");
    }
}

// As soon as everybody has said where he is, or nobody will say it any more. Where
// nothing is to be started all that is there goes first, see finish().
void ShimRuntime::answer_layout() {
    if (!on_layout_) return;
    if (judge_.all_arrived() && places_.size() == judge_.ranks()) {
        if (!map_only_) return tell_layout();
        judge_.cancel();
        return release();
    }
    std::exchange(on_layout_, {})(
        cannot_run(fmt::format("only {} of {} ranks have said where they are",
                               places_.size(), judge_.ranks()),
                   "the others' pxwrap cannot reach pxlaunch over the network"));
}

void ShimRuntime::tell_layout() {
    if (!on_layout_) return;
    auto text = layout();
    const auto answer = std::exchange(on_layout_, {});
    if (!text) return answer(std::move(text).error());
    answer(Answers{{"px.layout", std::move(*text)}});
}

} // namespace px::shims
