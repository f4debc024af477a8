// steps.cpp - what is known of the other nodes, and where srun and pxwrap are.
#include "rec/cli/steps.h"

#include "pxlaunch/base/capture.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/looks.h"
#include "pxlaunch/tool/local_server.h"

#include <fmt/format.h>

#include <unistd.h>

namespace px::rec {

namespace {

constexpr std::chrono::milliseconds srun_patience{5000};

// With the tree of 22.05.8 a process may leave PMIx_Fence before others have come, and
// its first message finds a peer still in MPI_Init: 5 of 60 jobs of 6 ranks on 3 nodes
// crashed (Open MPI 4.1), under plain srun too; with the ring none of 60.
std::vector<std::string> fence_of(const bridge::BridgeSettings &settings,
                                  const discover::Here &here) {
    if (here.has("SLURM_PMIX_FENCE")) return {};
    const auto version = output_of({settings.srun, "--version"}, srun_patience,
                                   settings.root ? &*settings.root : nullptr);
    const bool old = version && version->find(" 22.") != std::string::npos;
    return old ? std::vector<std::string>{"SLURM_PMIX_FENCE=ring"}
               : std::vector<std::string>();
}

int cores_of(const map::Topology &topology) {
    return static_cast<int>(topology.parts(job::Object::core).size());
}

// Its path on the nodes, which one can look for where the host's root is.
Result<std::string> find_wrapper(const ServeOptions &options) {
    const auto beside = tool::beside_us("pxwrap");
    const std::string path =
        options.wrapper.empty() ? beside.value_or("") : options.wrapper;
    if (path.empty()) return cannot_run("there is no pxwrap beside pxrec");
    if (options.host_root.empty()) return path;
    if (::access((options.host_root + path).c_str(), X_OK) == 0) return path;
    return cannot_run(
        fmt::format("the host has no program {} (looked for below {})", named(path),
                    named(options.host_root)),
        "the nodes need pxwrap: say where they have it with --pxwrap PATH, or "
        "PXLAUNCH_PXWRAP");
}

Result<std::string> slurm_job_of(const std::string &allocation) {
    constexpr std::string_view slurm = "slurm:";
    if (allocation.starts_with(slurm)) return allocation.substr(slurm.size());
    return cannot_run("this is not in a Slurm job, so srun can start no step",
                      "get one with sbatch or salloc");
}

} // namespace

// A node with as many cores as this one is taken to be built like it.
Result<void> AllocationSteps::add_node(const std::string &host,
                                       const map::Topology &local) {
    const auto colon = host.rfind(':');
    const std::string name = host.substr(0, colon);
    const auto cores = colon == host.npos ? Result<long>(cores_of(local))
                                          : parse_number(host.substr(colon + 1));
    if (!cores || *cores < 1) {
        return usage_error(fmt::format("--host: '{}' has no number of cores", host),
                           "write NAME:CORES, as in node1:4");
    }
    if (*cores == cores_of(local)) {
        nodes_.push_back({name, &local});
        return {};
    }
    flat_.push_back(std::make_unique<map::Topology>(PX_TRY(
        map::Topology::from_synthetic(fmt::format("package:1 core:{} pu:1", *cores)))));
    nodes_.push_back({name, flat_.back().get()});
    return {};
}

Result<std::unique_ptr<AllocationSteps>>
AllocationSteps::make(Loop &loop, const map::Topology &local, const ServeOptions &options,
                      const discover::Here &here, const std::string &directory) {
    std::unique_ptr<AllocationSteps> made(new AllocationSteps);
    for (const auto &host : options.hosts) PX_TRY(made->add_node(host, local));
    bridge::BridgeSettings settings;
    discover::Here there = here;
    there.host_root = options.host_root;
    settings.srun = discover::find_srun(there);
    if (!options.host_root.empty())
        settings.root = discover::host_root_at(options.host_root, here);
    if (settings.srun.empty()) {
        return cannot_run("there is no srun in PATH",
                          "'--rec prrte' starts ranks with PRRTE instead");
    }
    settings.slurm_job = PX_TRY(slurm_job_of(options.allocation));
    settings.wrapper = PX_TRY(find_wrapper(options));
    settings.host = here.host;
    settings.directory = directory;
    settings.nodes = made->nodes_;
    settings.extra = fence_of(settings, here);
    made->bridge_ = std::make_unique<bridge::Bridge>(loop, std::move(settings));
    return made;
}

} // namespace px::rec
