// io.cpp - who takes the output of which job, and input for ranks.
#include "pxlaunch/pmix/info.h"
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/upcalls.h"

namespace px::server {

// Must be answered at once: 5.0.7 frees its own state if we say PMIX_SUCCESS. A tool has
// no handler for output before it has seen the answer, so pxlaunch says itself when we
// may begin; to other tools we give a moment.
pmix_status_t on_iof_pull(const pmix_proc_t procs[], size_t count, const pmix_info_t[],
                          size_t, pmix_iof_channel_t, pmix_op_cbfunc_t, void *) {
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) names.emplace_back(procs[i].nspace);
    Host::current().loop.post([names] {
        auto &jobs = Host::current().jobs;
        for (const auto &name : names) {
            jobs::Job *job = jobs.find(name);
            if (job == nullptr || job->asked.flow) continue;
            Host::current().loop.after(Milliseconds(20), [name] {
                auto &table = Host::current().jobs;
                if (jobs::Job *still = table.find(name)) table.begin_output(*still);
            });
        }
    });
    return PMIX_OPERATION_SUCCEEDED;
}

namespace {

void give_input(const std::vector<jobs::Peer> &targets, const std::string &bytes,
                bool end, const std::shared_ptr<void> &done) {
    auto &jobs = Host::current().jobs;
    for (const auto &target : targets) {
        jobs::Job *job = jobs.find(target.nspace);
        if (job == nullptr) continue;
        const int rank =
            target.rank == PMIX_RANK_WILDCARD ? -1 : static_cast<int>(target.rank);
        jobs.push_input(*job, rank, bytes, end, [done] {});
    }
}

} // namespace

// The answer comes when the ranks have taken the bytes: that is the tool's flow control.
pmix_status_t on_stdin(const pmix_proc_t *, const pmix_proc_t targets[], size_t count,
                       const pmix_info_t infos[], size_t info_count,
                       const pmix_byte_object_t *object, pmix_op_cbfunc_t answer,
                       void *data) {
    std::vector<jobs::Peer> to;
    for (size_t i = 0; i < count; ++i) to.push_back({targets[i].nspace, targets[i].rank});
    std::string bytes;
    if (object != nullptr && object->bytes != nullptr) {
        bytes.assign(object->bytes, object->size);
    }
    // libpmix's own reader says end of file with an empty object.
    const bool end =
        bytes.empty() || (pmix::InfoView(infos, info_count).has(PMIX_IOF_COMPLETE) &&
                          pmix::InfoView(infos, info_count).flag(PMIX_IOF_COMPLETE));
    Host::current().loop.post([=] {
        const std::shared_ptr<void> done(nullptr, [answer, data](void *) {
            if (answer != nullptr) on_pmix_thread([=] { answer(PMIX_SUCCESS, data); });
        });
        give_input(to, bytes, end, done);
    });
    return PMIX_SUCCESS;
}

} // namespace px::server
