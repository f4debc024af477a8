#pragma once
// Nodes, jobs and layouts in few words, for the tests of rec/map.

#include "pxlaunch/base/text.h"
#include "rec/map/mapper.h"

#include <fmt/format.h>

#include <filesystem>
#include <list>

namespace px::map {

// Two packages of four NUMA domains of four cores of two threads: PUs 0-63.
inline constexpr auto big = "pack:2 numa:4 l3:1 core:4 pu:2";
inline constexpr auto no_smt = "pack:2 numa:1 l3:2 l2:2 core:2 pu:1"; // 16 cores
inline constexpr auto laptop = "pack:1 core:4 pu:2";
inline constexpr auto single = "pack:1 core:1 pu:1";

inline std::string test_data(const std::string &name) {
    return std::filesystem::path(__FILE__).parent_path() / "data" / name;
}

struct Cluster {
    std::list<Topology> topologies; // a list, so that pointers into it stay
    std::vector<NodeView> nodes;

    Cluster &add(Topology topology, int slots = 0) {
        topologies.push_back(std::move(topology));
        const auto &mine = topologies.back();
        const auto name = fmt::format("n{}", nodes.size() + 1);
        nodes.push_back({name, &mine, mine.pus(), slots, {}, {}, true});
        return *this;
    }
};

inline Cluster cluster(const std::string &description, int count = 1, int slots = 0) {
    Cluster cluster;
    for (int i = 0; i < count; ++i) {
        cluster.add(std::move(*Topology::from_synthetic(description)), slots);
    }
    return cluster;
}

struct Job {
    int np = 1;
    std::string map = "slot", rank = "slot", bind = "none";
    int cpus = 0, gpus = 0, per_node = 0;
    std::string hosts;
    bool exclusive = false;
};

inline job::App app_of(const Job &job) {
    job::App app;
    app.np = job.np;
    app.cpus_per_rank = job.cpus;
    app.gpus_per_rank = job.gpus;
    app.per_node = job.per_node;
    if (!job.hosts.empty()) app.hosts = split(job.hosts, ',');
    return app;
}

// Placement is that of the first.
inline job::Spec spec_of(const std::vector<Job> &jobs) {
    job::Spec spec;
    for (const auto &job : jobs) spec.apps.push_back(app_of(job));
    spec.placement.map = *job::parse_map_by(jobs[0].map);
    spec.placement.rank = *job::parse_rank_by(jobs[0].rank);
    spec.placement.bind = *job::parse_bind_to(jobs[0].bind);
    spec.placement.exclusive = jobs[0].exclusive;
    return spec;
}

// The node of every rank, "1 1 2".
inline std::string nodes_text(const Layout &layout) {
    std::vector<std::string> words;
    for (const auto &rank : layout.ranks) words.push_back(std::to_string(rank.node + 1));
    return join(words, " ");
}

// The cpus of every rank, "0-1 2-3"; "-" if not bound.
inline std::string cpus_text(const Layout &layout, std::vector<int> RankPlace::*which) {
    std::vector<std::string> words;
    for (const auto &rank : layout.ranks) {
        const auto text = range_text(rank.*which);
        words.push_back(text.empty() ? "-" : text);
    }
    return join(words, " ");
}

} // namespace px::map
