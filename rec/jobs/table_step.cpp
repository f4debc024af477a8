// table_step.cpp - jobs that are run as steps.
#include "pxlaunch/base/seconds.h"
#include "rec/jobs/table.h"

#include <algorithm>

namespace px::jobs {

Result<void> JobTable::launch_step(Job &job) {
    if (job.asked.map_only) return {};
    for (std::size_t rank = 0; rank < job.ranks.size(); ++rank) {
        job.ranks[rank].end.rank = static_cast<int>(rank);
        job.ranks[rank].end.host = pool_.host(job.layout.ranks[rank].node);
    }
    StepEvents events;
    events.arrived = [&job](int rank, int pid) {
        auto &of = job.ranks[static_cast<std::size_t>(rank)];
        of.pid = pid;
        of.end.started = seconds_since_epoch();
    };
    events.output = [this, &job](int rank, Channel channel, std::string bytes) {
        step_says(job, rank, channel, std::move(bytes));
    };
    events.ended = [this, &job](job::JobResult result) {
        step_ended(job, std::move(result));
    };
    auto step = steps_->start(job, std::move(events));
    if (!step) {
        job.silent = true;
        return std::move(step).error();
    }
    job.step = std::move(*step);
    job.running = 1;
    if (job.asked.forwarded) begin_output(job);
    return {};
}

void JobTable::step_says(Job &job, int rank, Channel channel, std::string bytes) {
    const auto size = bytes.size();
    job.delivered += size;
    wire_.deliver(job, rank, channel, std::move(bytes));
    if (job.silent || !job.asked.flow) acknowledged(job, size);
}

void JobTable::step_ended(Job &job, job::JobResult result) {
    if (job.ended) return;
    for (const auto &end : result.ranks) {
        const auto rank = static_cast<std::size_t>(std::max(end.rank, 0));
        if (rank >= job.ranks.size()) continue;
        job.ranks[rank].end = end;
        job.ranks[rank].reaped = true;
    }
    job.result = std::move(result);
    job.running = 0;
    check_end(job);
}

} // namespace px::jobs
