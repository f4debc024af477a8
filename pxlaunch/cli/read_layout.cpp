// read_layout.cpp - reads the layout document that pxrec writes.
#include "pxlaunch/cli/picture_parts.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace px::cli {

// What cannot be read throws, as json does.
std::vector<int> numbers_in(const std::string &text) {
    auto numbers = parse_ranges(text);
    if (!numbers) throw std::invalid_argument(numbers.error().what);
    return std::move(*numbers);
}

namespace {

using Json = nlohmann::json;

Drawing::Core read_core(const Json &json) {
    return {json.at("os"), numbers_in(json.at("pus")), json.at("usable")};
}

Drawing::Package read_package(const Json &json) {
    Drawing::Package package{json.at("os"), {}};
    for (const auto &numa : json.at("numas")) {
        auto &domain = package.numas.emplace_back(Drawing::Numa{numa.at("os"), {}});
        for (const auto &core : numa.at("cores")) domain.cores.push_back(read_core(core));
    }
    return package;
}

Drawing::Node read_node(const Json &json) {
    Drawing::Node node{json.at("name"), {}};
    for (const auto &package : json.at("packages")) {
        node.packages.push_back(read_package(package));
    }
    return node;
}

Drawing::Rank read_rank(const Json &json, std::size_t nodes) {
    Drawing::Rank rank{json.at("rank"), json.at("app"), json.at("node"), json.at("cpus"),
                       json.at("gpus")};
    if (rank.node >= nodes) throw std::invalid_argument("a rank is on no node");
    numbers_in(rank.cpus);
    return rank;
}

} // namespace

Result<Drawing> read_layout(const std::string &layout_json) {
    try {
        const auto json = Json::parse(layout_json);
        Drawing drawing;
        drawing.oversubscribed = json.at("oversubscribed");
        for (const auto &node : json.at("nodes"))
            drawing.nodes.push_back(read_node(node));
        for (const auto &rank : json.at("ranks")) {
            drawing.ranks.push_back(read_rank(rank, drawing.nodes.size()));
        }
        return drawing;
    } catch (const std::exception &error) {
        return cannot_run(
            fmt::format("cannot read the layout of the job: {}", error.what()),
            "pxlaunch and pxrec may be of different versions: compare "
            "pxlaunch -V and pxrec -V");
    }
}

} // namespace px::cli
