// control.cpp - PMIx_Job_control: signals, kill, and what pxlaunch adds (px.ack,
// px.winsize).
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/stacks.h"
#include "rec/server/upcalls.h"

#include <csignal>
#include <cstdio>
#include <memory>

namespace px::server {

namespace {

struct Order {
    int signal = 0; // 0: none
    unsigned long long acknowledged = 0;
    int rows = 0, columns = 0;
    bool begin = false, stacks = false;
    [[nodiscard]] bool is_known() const {
        return signal != 0 || acknowledged != 0 || rows != 0 || begin || stacks;
    }
};

Order read_order(const pmix::InfoView &view) {
    Order order;
    if (view.has(PMIX_JOB_CTRL_TERMINATE) && view.flag(PMIX_JOB_CTRL_TERMINATE)) {
        order.signal = SIGTERM;
    }
    if (const auto number = view.number(PMIX_JOB_CTRL_SIGNAL)) {
        order.signal = static_cast<int>(*number);
    }
    if (view.has(PMIX_JOB_CTRL_KILL) && view.flag(PMIX_JOB_CTRL_KILL))
        order.signal = SIGKILL;
    if (const auto bytes = view.number(pmix::key::ack)) {
        order.acknowledged = static_cast<unsigned long long>(*bytes);
    }
    if (const auto size = view.text(pmix::key::winsize)) {
        std::sscanf(size->c_str(), "%d %d", &order.rows, &order.columns);
    }
    order.begin = view.has(pmix::key::begin);
    order.stacks = view.has(pmix::key::stacks);
    return order;
}

// Some orders take their time: they keep `answered` till then.
bool carry_out(const Order &order, const std::vector<jobs::Peer> &targets,
               const std::shared_ptr<void> &answered) {
    Host &host = Host::current();
    bool found = false;
    // SECURITY: without a target nothing is done; PRRTE would end the whole server.
    for (const auto &target : targets) {
        jobs::Job *job = host.jobs.find(target.nspace);
        if (job == nullptr) continue;
        found = true;
        if (order.begin) host.jobs.begin_output(*job);
        if (order.acknowledged != 0) host.jobs.acknowledged(*job, order.acknowledged);
        if (order.rows != 0) host.jobs.set_window(*job, order.rows, order.columns);
        if (order.stacks) write_stacks(host, *job, answered);
        const int rank =
            target.rank == PMIX_RANK_WILDCARD ? -1 : static_cast<int>(target.rank);
        if (order.signal != 0) host.jobs.signal(*job, rank, order.signal);
    }
    return found;
}

} // namespace

pmix_status_t on_job_control(const pmix_proc_t *, const pmix_proc_t targets[],
                             size_t count, const pmix_info_t infos[], size_t info_count,
                             pmix_info_cbfunc_t answer, void *data) {
    const Order order = read_order(pmix::InfoView(infos, info_count));
    if (!order.is_known()) return PMIX_ERR_NOT_SUPPORTED;
    std::vector<jobs::Peer> to;
    for (size_t i = 0; i < count; ++i) to.push_back({targets[i].nspace, targets[i].rank});
    Host::current().loop.post([=] {
        const auto status = std::make_shared<pmix_status_t>(PMIX_SUCCESS);
        const std::shared_ptr<void> answered(nullptr, [=](void *) {
            if (answer == nullptr) return;
            on_pmix_thread([=] { answer(*status, nullptr, 0, data, nullptr, nullptr); });
        });
        if (!carry_out(order, to, answered)) *status = PMIX_ERR_NOT_FOUND;
    });
    return PMIX_SUCCESS;
}

} // namespace px::server
