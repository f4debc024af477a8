// announce.cpp - a job's namespace: what every rank can ask the server about its job.
// Open MPI 5 needs the sizes, local and node ranks; the rest saves it work or temporary
// files.
#include "pxlaunch/job/environment.h"
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/settings.h"
#include "rec/jobs/rank_environment.h"
#include "rec/server/host.h"

#include <fmt/format.h>
#include <pmix_server.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

namespace px::server {

namespace {

std::string all_ranks(std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i)
        list += fmt::format("{}{}", i == 0 ? "" : ",", i);
    return list;
}

pmix::InfoList node_info(const Host &host, std::uint32_t size, const std::string &ranks) {
    pmix::InfoList node;
    node.text(PMIX_HOSTNAME, host.pool.host())
        .u32(PMIX_NODEID, 0)
        .text(PMIX_LOCAL_PEERS, ranks)
        .u32(PMIX_LOCAL_SIZE, size)
        .u32(PMIX_NODE_SIZE, size);
    return node;
}

void add_apps(const jobs::Job &job, pmix::InfoList &infos) {
    std::uint32_t number = 0;
    for (const auto &app : job.asked.spec.apps) {
        const auto is_of_app = [number](const map::RankPlace &place) {
            return place.app == static_cast<int>(number);
        };
        const auto &places = job.layout.ranks;
        const auto first = std::find_if(places.begin(), places.end(), is_of_app);
        pmix::InfoList list;
        list.u32(PMIX_APPNUM, number)
            .u32(PMIX_APP_SIZE, static_cast<std::uint32_t>(std::count_if(
                                    places.begin(), places.end(), is_of_app)))
            .rank(PMIX_APPLDR,
                  first == places.end() ? 0 : static_cast<pmix_rank_t>(first->rank))
            .text(PMIX_WDIR, app.directory);
        infos.array(PMIX_APP_INFO_ARRAY, list);
        ++number;
    }
}

void add_ranks(const Host &host, const jobs::Job &job, pmix::InfoList &infos) {
    for (const auto &place : job.layout.ranks) {
        pmix::InfoList rank;
        rank.rank(PMIX_RANK, static_cast<pmix_rank_t>(place.rank))
            .rank(PMIX_GLOBAL_RANK, static_cast<pmix_rank_t>(place.rank))
            .u32(PMIX_APPNUM, static_cast<std::uint32_t>(place.app))
            .rank(PMIX_APP_RANK, static_cast<pmix_rank_t>(place.app_rank))
            .u16(PMIX_LOCAL_RANK, static_cast<std::uint16_t>(place.local_rank))
            .u16(PMIX_NODE_RANK, static_cast<std::uint16_t>(place.local_rank))
            .u32(PMIX_NODEID, 0)
            .text(PMIX_HOSTNAME, host.pool.host());
        if (job.root != &job) {
            rank.flag(PMIX_SPAWNED, true)
                .proc(PMIX_PARENT_ID,
                      pmix::proc(job.asked.owner.nspace, job.asked.owner.rank));
        }
        if (!place.cpus.empty()) {
            rank.text(PMIX_CPUSET, map::Topology::cpuset_string(place.cpus))
                .text(PMIX_LOCALITY_STRING,
                      host.pool.topology().locality_string(place.cpus));
        }
        infos.array(PMIX_PROC_DATA, rank);
    }
}

Result<void> checked(pmix_status_t status, const char *doing) {
    if (status == PMIX_SUCCESS || status == PMIX_OPERATION_SUCCEEDED) return {};
    return cannot_run(fmt::format("{}: {}", doing, pmix::status_text(status)));
}

Result<pmix::InfoList> job_info(const Host &host, const jobs::Job &job,
                                const std::string &directory) {
    const auto size = static_cast<std::uint32_t>(job.layout.ranks.size());
    const std::string ranks = all_ranks(size);
    char *node_map = nullptr, *proc_map = nullptr;
    PX_TRY(checked(PMIx_generate_regex(host.pool.host().c_str(), &node_map), "node map"));
    PX_TRY(checked(PMIx_generate_ppn(ranks.c_str(), &proc_map), "process map"));
    pmix::InfoList infos;
    infos.regex(PMIX_NODE_MAP, node_map)
        .regex(PMIX_PROC_MAP, proc_map)
        .u32(PMIX_JOB_SIZE, size)
        .u32(PMIX_UNIV_SIZE,
             std::max(size, static_cast<std::uint32_t>(host.pool.cores())))
        .u32(PMIX_MAX_PROCS, size)
        .u32(PMIX_JOB_NUM_APPS, static_cast<std::uint32_t>(job.asked.spec.apps.size()))
        .u32(PMIX_NUM_NODES, 1)
        .text(PMIX_JOBID, job.nspace)
        .u32(PMIX_LOCAL_SIZE, size)
        .u32(PMIX_NODE_SIZE, size)
        .text(PMIX_LOCAL_PEERS, ranks)
        .u32(PMIX_NODEID, 0)
        .flag(PMIX_NODE_OVERSUBSCRIBED, job.layout.oversubscribed)
        // Open MPI 4.1 removes this directory at its end: never give it the server's own.
        .text(PMIX_TMPDIR, directory)
        .text(PMIX_NSDIR, directory)
        .flag(PMIX_TDIR_RMCLEAN, true)
        .proc(PMIX_PARENT_ID, pmix::proc(job.asked.owner.nspace, job.asked.owner.rank));
    if (job.root != &job) infos.flag(PMIX_SPAWNED, true);
    infos.array(PMIX_NODE_INFO_ARRAY, node_info(host, size, ranks));
    add_apps(job, infos);
    add_ranks(host, job, infos);
    std::free(node_map);
    std::free(proc_map);
    return infos;
}

// All at once: one by one, each would wait for libpmix's thread and back.
struct Registration {
    InFlight open;
    std::atomic<pmix_status_t> status{PMIX_SUCCESS};
};

void on_registered(pmix_status_t status, void *data) {
    auto &registration = *static_cast<Registration *>(data);
    if (status != PMIX_SUCCESS) registration.status = status;
    registration.open.arrived();
}

pmix_status_t register_ranks(const std::string &nspace, std::size_t count) {
    Registration registration;
    for (std::size_t rank = 0; rank < count; ++rank) {
        const auto who = pmix::proc(nspace, static_cast<pmix_rank_t>(rank));
        registration.open.left();
        const auto status = PMIx_server_register_client(
            &who, ::getuid(), ::getgid(), nullptr, on_registered, &registration);
        if (status != PMIX_SUCCESS) on_registered(status, &registration);
    }
    registration.open.wait_for_none();
    return registration.status;
}

} // namespace

// In libpmix's own, because that is what ranks in containers see of ours.
std::string Host::directory_of(const jobs::Job &job) const {
    return fmt::format("{}/pmix/job.{}", options_.directory, job.number);
}

Result<void> Host::announce(const jobs::Job &job) {
    const std::string directory = directory_of(job);
    if (::mkdir(directory.c_str(), 0700) != 0) {
        return system_error(fmt::format("cannot create '{}'", directory), errno);
    }
    auto infos = PX_TRY(job_info(*this, job, directory));
    pmix_nspace_t nspace;
    PMIX_LOAD_NSPACE(nspace, job.nspace.c_str());
    // Without a callback this waits for libpmix's thread, which never waits for us.
    PX_TRY(checked(
        PMIx_server_register_nspace(nspace, static_cast<int>(job.layout.ranks.size()),
                                    infos.data(), infos.size(), nullptr, nullptr),
        "cannot register the job with the PMIx server"));
    return checked(register_ranks(job.nspace, job.layout.ranks.size()),
                   "cannot register a rank with the PMIx server");
}

Result<void> Host::add_environment(const jobs::Job &job, int rank,
                                   std::vector<std::string> &env) {
    const auto who = pmix::proc(job.nspace, static_cast<pmix_rank_t>(rank));
    char **added = nullptr;
    PX_TRY(checked(PMIx_server_setup_fork(&who, &added), "cannot prepare a rank"));
    for (const auto &entry : pmix::from_argv(added)) {
        const auto equals = entry.find('=');
        job::set_variable(env, entry.substr(0, equals), entry.substr(equals + 1));
    }
    for (char **entry = added; entry != nullptr && *entry != nullptr; ++entry) {
        std::free(*entry);
    }
    std::free(added);
    return {};
}

} // namespace px::server
