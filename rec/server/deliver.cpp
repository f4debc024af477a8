// deliver.cpp - output on its way to the tool, and the news of a job's end, which must
// come after the last byte. Both leave by one connection, but libpmix shifts output once
// more between its queues than events: the end may only be handed over when libpmix has
// said of every piece that it is queued (4.2.2: the end was first in about one `printf
// abc` of five).
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "rec/server/describe.h"
#include "rec/server/host.h"

#include <fmt/format.h>
#include <pmix_server.h>

#include <filesystem>
#include <future>

namespace px::server {

namespace {

constexpr std::size_t most_ended_jobs = 256; // whose ends can still be asked for

// Lives until libpmix has taken it: IOF_deliver keeps our pointers.
struct Parcel {
    pmix_proc_t source;
    std::string bytes;
    pmix_byte_object_t object;
    std::shared_ptr<InFlight> among;
};

void on_delivered(pmix_status_t, void *data) {
    const std::unique_ptr<Parcel> parcel(static_cast<Parcel *>(data));
    parcel->among->arrived();
}

// "RANK HOST PID EXIT SIGNAL CORE STARTED ENDED" for each rank.
std::string rank_lines(const job::JobResult &result) {
    std::string text;
    for (const auto &rank : result.ranks) {
        text += fmt::format("{} {} {} {} {} {} {:.6f} {:.6f}\n", rank.rank, rank.host,
                            rank.pid, rank.exit_code, rank.signal,
                            rank.core_dumped ? 1 : 0, rank.started, rank.ended);
    }
    return text;
}

} // namespace

void add_end(const job::JobResult &result, pmix::InfoList &infos) {
    infos.integer(PMIX_EXIT_CODE, result.status)
        .status(PMIX_JOB_TERM_STATUS, result.status)
        .text(pmix::key::ranks, rank_lines(result));
    if (result.first_failure >= 0) {
        infos.rank(PMIX_RANK, static_cast<pmix_rank_t>(result.first_failure));
    }
    if (result.aborted) {
        infos.flag(pmix::key::aborted, true)
            .text(PMIX_EVENT_TEXT_MESSAGE, result.abort_text);
    }
    if (result.not_run) infos.integer(pmix::key::exit, static_cast<int>(*result.not_run));
    if (!result.explanation.empty()) infos.text(pmix::key::what, result.explanation);
    if (!result.hint.empty()) infos.text(pmix::key::hint, result.hint);
}

namespace {

void notify(const Host &host, const jobs::Job &job) {
    pmix::InfoList infos;
    const pmix_proc_t owner = pmix::proc(job.asked.owner.nspace, job.asked.owner.rank);
    infos.procs(PMIX_EVENT_CUSTOM_RANGE, {owner})
        .proc(PMIX_EVENT_AFFECTED_PROC, pmix::proc(job.nspace, PMIX_RANK_WILDCARD))
        .flag(PMIX_EVENT_NON_DEFAULT, true);
    add_end(job.result, infos);
    const auto self = pmix::proc(host.nspace(), 0);
    std::promise<void> taken;
    const auto status = PMIx_Notify_event(
        PMIX_EVENT_JOB_END, &self, PMIX_RANGE_CUSTOM, infos.data(), infos.size(),
        [](pmix_status_t, void *data) {
            static_cast<std::promise<void> *>(data)->set_value();
        },
        &taken);
    if (status == PMIX_SUCCESS) taken.get_future().wait();
}

} // namespace

void Host::deliver(const jobs::Job &job, int rank, jobs::Channel channel,
                   std::string bytes) {
    if (job.root->silent) return; // nobody takes it, and libpmix would keep it for ever
    auto &in_flight = in_flight_[job.root->nspace];
    if (!in_flight) in_flight = std::make_shared<InFlight>();
    auto *parcel = new Parcel;
    parcel->among = in_flight;
    // What a spawned job writes goes to the owner of its root, who pulls only that.
    const auto number =
        (job.child << pmix::key::child_shift) + static_cast<unsigned>(rank);
    parcel->source = pmix::proc(job.root->nspace, number);
    parcel->bytes = std::move(bytes);
    parcel->object = {parcel->bytes.data(), parcel->bytes.size()};
    const auto to =
        channel == jobs::Channel::out ? PMIX_FWD_STDOUT_CHANNEL : PMIX_FWD_STDERR_CHANNEL;
    in_flight->left();
    const auto status = PMIx_server_IOF_deliver(&parcel->source, to, &parcel->object,
                                                nullptr, 0, on_delivered, parcel);
    if (status != PMIX_SUCCESS) on_delivered(status, parcel);
}

void InFlight::left() {
    const std::lock_guard lock(mutex_);
    ++count_;
}

void InFlight::arrived() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
}

// libpmix's thread never waits for ours, so this is a matter of microseconds.
void InFlight::wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
}

void Host::ended(const jobs::Job &job) {
    if (job.root == &job) {
        if (const auto node = in_flight_.extract(job.nspace))
            node.mapped()->wait_for_none();
        if (!job.silent) {
            ended_jobs.push_back({job.nspace, job.result});
            if (ended_jobs.size() > most_ended_jobs) ended_jobs.pop_front();
            notify(*this, job);
        }
    }
    store.forget_job(job.nspace);
    pmix_nspace_t nspace;
    PMIX_LOAD_NSPACE(nspace, job.nspace.c_str());
    PMIx_server_deregister_nspace(nspace, nullptr, nullptr);
    std::error_code ignored;
    std::filesystem::remove_all(directory_of(job), ignored);
}

} // namespace px::server
