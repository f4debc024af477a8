// host.cpp - starting and ending libpmix's server library.
#include "rec/server/host.h"

#include "pxlaunch/base/seconds.h"
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "rec/map/topology_hwloc.h"
#include "rec/server/upcalls.h"
#include "rec/server/wire.h"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

namespace px::server {

namespace {

Host *the_host = nullptr;

std::string host_name() {
    char name[256] = "localhost";
    ::gethostname(name, sizeof name - 1);
    return name;
}

// A tool or a rank has gone without saying goodbye. Several losses may come as one event:
// the source is only the first of them, the others are PMIX_PROCID (4.2.2, 5.0.7).
void on_loss(std::size_t, pmix_status_t, const pmix_proc_t *source, pmix_info_t infos[],
             std::size_t count, pmix_info_t *, std::size_t,
             pmix_event_notification_cbfunc_fn_t answer, void *data) {
    std::vector<jobs::Peer> lost;
    if (source != nullptr) lost.push_back({source->nspace, source->rank});
    for (const auto &info : pmix::InfoView(infos, count)) {
        const bool names_one = PMIX_CHECK_KEY(&info, PMIX_PROCID) ||
                               PMIX_CHECK_KEY(&info, PMIX_EVENT_AFFECTED_PROC);
        if (!names_one || info.value.type != PMIX_PROC) continue;
        lost.push_back({info.value.data.proc->nspace, info.value.data.proc->rank});
    }
    the_host->loop.post([lost] {
        for (const auto &peer : lost) {
            the_host->jobs.owner_lost(peer);
            the_host->store.forget_peer(peer);
            the_host->last_errors.erase(peer.nspace);
        }
    });
    if (answer != nullptr) {
        answer(PMIX_EVENT_ACTION_COMPLETE, nullptr, 0, nullptr, nullptr, data);
    }
}

} // namespace

Host &Host::current() { return *the_host; }

Host::Host(Loop &the_loop, const map::Topology &topology, const HostOptions &options)
    : loop(the_loop),
      pool(options.nodes.empty() ? std::vector<jobs::PoolNode>{{host_name(), &topology}}
                                 : options.nodes,
           options.managed),
      jobs(the_loop, *this, pool, fmt::format("px.{}", ::getpid()), options.steps),
      options_(options), topology_(topology),
      nspace_(fmt::format("{}{}", pmix::key::server_prefix, ::getpid())) {
    started = seconds_since_epoch();
}

Result<std::unique_ptr<Host>> Host::start(Loop &loop, const map::Topology &topology,
                                          const HostOptions &options) {
    std::unique_ptr<Host> host(new Host(loop, topology, options));
    the_host = host.get();
    PX_TRY(host->initialize());
    PX_TRY(host->watch_losses());
    return host;
}

Result<void> Host::initialize() {
    take_over_the_wire();
    // 4.2.2 deletes its session directory in finalize: it gets one of its own.
    const std::string session = options_.directory + "/pmix";
    const std::string uri_file = options_.directory + "/uri";
    if (::mkdir(session.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error(fmt::format("cannot create '{}'", session), errno);
    }
    pmix_topology_t topology{const_cast<char *>("hwloc"), map::hwloc_of(topology_)};
    pmix::InfoList infos;
    infos.text(PMIX_SERVER_NSPACE, nspace_)
        .rank(PMIX_SERVER_RANK, 0)
        .text(PMIX_SERVER_TMPDIR, session)
        .text(PMIX_SYSTEM_TMPDIR, session)
        .flag(PMIX_SERVER_TOOL_SUPPORT, true)
        .text(PMIX_TCP_REPORT_URI, uri_file)
        // Without it the first output that is delivered crashes (4.2.2, 5.0.7: no sink).
        .flag(PMIX_IOF_LOCAL_OUTPUT, false)
        .pointer(PMIX_TOPOLOGY2, &topology, PMIX_TOPO)
        // In shared memory: otherwise every rank's MPI_Init reads /sys and the PCI bus
        // itself.
        .flag(PMIX_SERVER_SHARE_TOPOLOGY, true);
    const auto status = PMIx_server_init(&upcall_module(), infos.data(), infos.size());
    if (status != PMIX_SUCCESS) {
        return cannot_run(fmt::format("cannot start the PMIx server in '{}': {}",
                                      options_.directory, pmix::status_text(status)),
                          "is the directory writable, and loopback (127.0.0.1) up?");
    }
    const auto text = read_file(uri_file);
    if (!text) { // 5.0.7 does not say so when it could not
        return cannot_run(
            fmt::format("the PMIx server wrote no address: {}", text.error().what),
            "are enough open files allowed (ulimit -n), and is there room on the disk?");
    }
    uri_ = text->substr(0, text->find('\n'));
    return {};
}

Result<void> Host::watch_losses() {
    pmix_status_t codes[] = {PMIX_ERR_LOST_CONNECTION};
    pmix::InfoList infos;
    infos.text(PMIX_EVENT_HDLR_NAME, "pxrec-losses");
    const auto status = PMIx_Register_event_handler(codes, 1, infos.data(), infos.size(),
                                                    on_loss, nullptr, nullptr);
    if (status < 0) {
        return cannot_run(fmt::format("cannot watch for lost connections: {}",
                                      pmix::status_text(status)));
    }
    return {};
}

Host::~Host() {
    if (!uri_.empty()) PMIx_server_finalize();
    the_host = nullptr;
}

} // namespace px::server
