// abort.cpp - PMIx_Abort, and so MPI_Abort: the whole job ends with the given status.
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/upcalls.h"

namespace px::server {

pmix_status_t on_abort(const pmix_proc_t *who, void *, int status, const char text[],
                       pmix_proc_t[], size_t, pmix_op_cbfunc_t answer, void *data) {
    const jobs::Peer peer{who->nspace, who->rank};
    const std::string message = text == nullptr ? "" : text;
    Host::current().loop.post([=] {
        auto &jobs = Host::current().jobs;
        if (jobs::Job *job = jobs.find(peer.nspace)) {
            jobs.abort(*job, static_cast<int>(peer.rank), status, message);
        }
        if (answer != nullptr) on_pmix_thread([=] { answer(PMIX_SUCCESS, data); });
    });
    return PMIX_SUCCESS;
}

} // namespace px::server
