// spawn.cpp - PMIx_Spawn: read on libpmix's thread, carried out on the loop, answered
// when the ranks run, or when it is known that they never will.
#include "rec/server/spawn.h"

#include "pxlaunch/pmix/info.h"
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/upcalls.h"

#include <cstdlib>

namespace px::server {

namespace {

// A copy that outlives the upcall; freed as PMIx allocates.
struct Request {
    jobs::Peer owner;
    pmix_info_t *infos = nullptr;
    std::size_t info_count = 0;
    pmix_app_t *apps = nullptr;
    std::size_t app_count = 0;
    pmix_spawn_cbfunc_t answer = nullptr;
    void *data = nullptr;

    Request() = default;
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
    ~Request() {
        if (infos != nullptr) PMIX_INFO_FREE(infos, info_count);
        if (apps != nullptr) PMIX_APP_FREE(apps, app_count);
    }
};

void copy_infos(const pmix_info_t from[], std::size_t count, pmix_info_t *&to) {
    if (count == 0) return;
    PMIX_INFO_CREATE(to, count);
    for (std::size_t i = 0; i < count; ++i) PMIX_INFO_XFER(&to[i], &from[i]);
}

void copy_app(const pmix_app_t &from, pmix_app_t &to) {
    to.cmd = from.cmd == nullptr ? nullptr : ::strdup(from.cmd);
    to.argv = pmix::to_argv(pmix::from_argv(from.argv));
    to.env = pmix::to_argv(pmix::from_argv(from.env));
    to.cwd = from.cwd == nullptr ? nullptr : ::strdup(from.cwd);
    to.maxprocs = from.maxprocs;
    copy_infos(from.info, from.ninfo, to.info);
    to.ninfo = from.ninfo;
}

pmix_status_t status_of(const Error &error) {
    switch (error.exit) {
    case Exit::not_found:
        return PMIX_ERR_JOB_EXE_NOT_FOUND;
    case Exit::usage:
        return PMIX_ERR_BAD_PARAM;
    default:
        return PMIX_ERR_JOB_FAILED_TO_LAUNCH;
    }
}

void carry_out(const Request &request) {
    Host &host = Host::current();
    const auto answer = [owner = request.owner, call = request.answer,
                         data = request.data](Result<std::string> nspace) {
        if (nspace) {
            return on_pmix_thread([call, data, text = *nspace] {
                pmix_nspace_t name;
                PMIX_LOAD_NSPACE(name, text.c_str());
                call(PMIX_SUCCESS, name, data);
            });
        }
        const auto status = status_of(nspace.error());
        // A status says too little: whoever asked can read the words with a query.
        Host::current().last_errors[owner.nspace] = std::move(nspace).error();
        on_pmix_thread([=] { call(status, nullptr, data); });
    };
    auto submission =
        read_spawn(request.owner, host.jobs.find(request.owner.nspace), request.infos,
                   request.info_count, request.apps, request.app_count);
    if (!submission) return answer(std::move(submission).error());
    host.jobs.submit(std::move(*submission), answer);
}

} // namespace

pmix_status_t on_spawn(const pmix_proc_t *who, const pmix_info_t infos[],
                       size_t info_count, const pmix_app_t apps[], size_t app_count,
                       pmix_spawn_cbfunc_t answer, void *data) {
    auto request = std::make_shared<Request>();
    request->owner = {who->nspace, who->rank};
    copy_infos(infos, info_count, request->infos);
    request->info_count = info_count;
    PMIX_APP_CREATE(request->apps, app_count);
    for (size_t i = 0; i < app_count; ++i) copy_app(apps[i], request->apps[i]);
    request->app_count = app_count;
    request->answer = answer;
    request->data = data;
    Host::current().loop.post([request] { carry_out(*request); });
    return PMIX_SUCCESS;
}

} // namespace px::server
