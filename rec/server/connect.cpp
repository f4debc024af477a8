// connect.cpp - ranks and tools that come and go.
#include "pxlaunch/pmix/info.h"
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/upcalls.h"

#include <fmt/format.h>

namespace px::server {

pmix_status_t on_client_connected(const pmix_proc_t *who, void *, pmix_info_t[], size_t,
                                  pmix_op_cbfunc_t, void *) {
    const jobs::Peer peer{who->nspace, who->rank};
    Host::current().loop.post([peer] {
        auto &jobs = Host::current().jobs;
        if (jobs::Job *job = jobs.find(peer.nspace)) {
            jobs.connected(*job, static_cast<int>(peer.rank));
        }
    });
    return PMIX_OPERATION_SUCCEEDED;
}

pmix_status_t on_client_finalized(const pmix_proc_t *, void *, pmix_op_cbfunc_t, void *) {
    return PMIX_OPERATION_SUCCEEDED; // a rank's end is its exit, not its farewell
}

// All processes are on this node: the library has already waited for every one of them.
pmix_status_t on_connect(const pmix_proc_t[], size_t, const pmix_info_t[], size_t,
                         pmix_op_cbfunc_t, void *) {
    return PMIX_OPERATION_SUCCEEDED;
}

void on_tool_connected(pmix_info_t *infos, size_t count,
                       pmix_tool_connection_cbfunc_t answer, void *data) {
    const pmix::InfoView view(infos, count);
    const auto nspace = view.text(PMIX_NSPACE);
    const auto rank = view.number(PMIX_RANK);
    Host::current().loop.post([=] {
        Host &host = Host::current();
        // A tool may not take the name of a job, whose ranks' rights it would share.
        const bool own_name =
            nspace && !nspace->empty() && host.jobs.find(*nspace) == nullptr;
        pmix_proc_t name =
            own_name ? pmix::proc(*nspace, static_cast<pmix_rank_t>(rank.value_or(0)))
                     : pmix::proc(
                           fmt::format("{}.tool.{}", host.nspace(), ++host.last_tool), 0);
        if (host.on_attach) host.on_attach();
        on_pmix_thread([=]() mutable { answer(PMIX_SUCCESS, &name, data); });
    });
}

} // namespace px::server
