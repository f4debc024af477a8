// steps.cpp - what is known of the other nodes, and where srun and pxwrap are.
#include "rec/cli/steps.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/tool/local_server.h"
#include "rec/bridge/local_sruns.h"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace px::rec {

namespace {

constexpr std::chrono::milliseconds errand_patience{30'000};

// With Slurm's tree, which it takes for fences without data, a process may leave
// PMIx_Fence before others have come, and its first message finds a peer still in
// MPI_Init. It crashes: jobs of 6 ranks on 3 nodes under plain srun, 5 of 60 on 22.05.8
// (Open MPI 4.1), 1 of 60 on 24.11 (5.0) and there 15 of 40 with nothing but the tree;
// with the ring none of 60 and of 40.
std::vector<std::string> fence_of(const discover::Here &here) {
    if (here.has("SLURM_PMIX_FENCE")) return {};
    return {"SLURM_PMIX_FENCE=ring"};
}

int cores_of(const map::Topology &topology) {
    return static_cast<int>(topology.parts(job::Object::core).size());
}

// Its path on the nodes, which one can look for where the host's root is.
Result<std::string> find_wrapper(const ServeOptions &options) {
    const auto beside = tool::beside_us("pxwrap");
    const std::string path =
        options.wrapper.empty() ? beside.value_or("") : options.wrapper;
    if (path.empty()) {
        return cannot_run("there is no pxwrap beside pxrec",
                          "install it where pxrec is, or say where the nodes have it "
                          "with PXLAUNCH_PXWRAP");
    }
    if (options.host_root.empty()) return path;
    if (::access((options.host_root + path).c_str(), X_OK) == 0) return path;
    return cannot_run(
        fmt::format("the host has no program {} (looked for below {})", named(path),
                    named(options.host_root)),
        "the nodes need pxwrap: say where they have it with --pxwrap PATH, or "
        "PXLAUNCH_PXWRAP");
}

// What pxlaunch asks of a srun that it can reach.
Result<void> check_host(const channel::HostFacts &facts) {
    if (facts.srun.empty()) {
        return cannot_run("the host side has no program 'srun' in PATH or /usr/bin",
                          "add srun's directory to PATH before the script's own srun");
    }
    if (!discover::pmix_plugin(facts.plugins).empty()) return {};
    return cannot_run(
        fmt::format("'{} --mpi=list' of the host side does not name pmix", facts.srun),
        "start the script on the host side, with 'pxrec run --' before it, "
        "and with --rec prrte");
}

Result<std::string> slurm_job_of(const std::string &allocation) {
    constexpr std::string_view slurm = "slurm:";
    if (allocation.starts_with(slurm)) return allocation.substr(slurm.size());
    return cannot_run("this is not in a Slurm job, so srun can start no step",
                      "get one with sbatch or salloc");
}

} // namespace

// A node with as many cores as this one is taken to be built like it; to have its GPUs
// only if this one is of the job: a login node has none.
Result<void> AllocationSteps::add_node(const std::string &host,
                                       const map::Topology &local, bool is_of_job) {
    const auto colon = host.rfind(':');
    const std::string name = host.substr(0, colon);
    const auto cores = colon == host.npos ? Result<long>(cores_of(local))
                                          : parse_number(host.substr(colon + 1));
    if (!cores || *cores < 1) {
        return usage_error(fmt::format("--host: '{}' has no number of cores", host),
                           "write NAME:CORES, as in node1:4");
    }
    if (*cores == cores_of(local)) {
        nodes_.push_back({name, &local, is_of_job});
        return {};
    }
    flat_.push_back(std::make_unique<map::Topology>(PX_TRY(map::Topology::from_synthetic(
        fmt::format("package:1 core:{} pu:{}", *cores, std::max(1, threads_))))));
    nodes_.push_back({name, flat_.back().get(), false});
    return {};
}

Result<void> AllocationSteps::find_sruns(Loop &loop, const ServeOptions &options,
                                         const discover::Here &here,
                                         const std::string &wrapper) {
    if (options.method == ServeOptions::Method::pmi2) {
        auto side = PX_TRY(bridge::HostSide::start(
            loop, {options.pmi, wrapper, here.host, here.get("SLURMD_NODENAME"),
                   std::min(options.start_timeout, errand_patience)}));
        PX_TRY(check_host(side->facts()));
        sruns_ = std::move(side);
        return {};
    }
    discover::Here there = here;
    there.host_root = options.host_root;
    const std::string srun = discover::find_srun(there);
    if (srun.empty()) {
        return cannot_run("there is no srun in PATH",
                          "'--rec prrte' starts ranks with PRRTE instead");
    }
    std::optional<HostRoot> root;
    if (!options.host_root.empty())
        root = discover::host_root_at(options.host_root, here);
    sruns_ = std::make_unique<bridge::LocalSruns>(loop, srun, std::move(root));
    return {};
}

Result<std::unique_ptr<AllocationSteps>>
AllocationSteps::make(Loop &loop, const map::Topology &local, const ServeOptions &options,
                      const discover::Here &here) {
    std::unique_ptr<AllocationSteps> made(new AllocationSteps);
    made->threads_ = options.threads;
    const bool is_of_job = !discover::find_allocation(here).off_node;
    for (const auto &host : options.hosts) PX_TRY(made->add_node(host, local, is_of_job));
    bridge::BridgeSettings settings;
    settings.slurm_job = PX_TRY(slurm_job_of(options.allocation));
    settings.wrapper = PX_TRY(find_wrapper(options));
    PX_TRY(made->find_sruns(loop, options, here, settings.wrapper));
    settings.sruns = made->sruns_.get();
    settings.host = here.host;
    settings.nodes = made->nodes_;
    settings.extra = fence_of(here);
    made->bridge_ = std::make_unique<bridge::Bridge>(loop, std::move(settings));
    return made;
}

} // namespace px::rec
