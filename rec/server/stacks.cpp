// stacks.cpp - rank after rank, or all at once where others have them.
#include "rec/server/stacks.h"

#include "pxlaunch/process/stacks.h"

namespace px::server {

namespace {
constexpr Milliseconds patience{10'000}; // the server does nothing else meanwhile
} // namespace

void write_stacks(Host &host, jobs::Job &job, const std::shared_ptr<void> &answered) {
    if (job.step) return job.step->print_stacks([answered] {});
    const auto deadline = Clock::now() + patience;
    for (std::size_t i = 0; i < job.ranks.size() && Clock::now() < deadline; ++i) {
        const auto &rank = job.ranks[i];
        if (rank.reaped || rank.pid <= 0) continue;
        std::string text = process::stack_text(static_cast<int>(i), rank.pid,
                                               process::stack_of(rank.pid));
        job.root->delivered += text.size();
        host.deliver(job, static_cast<int>(i), jobs::Channel::err, std::move(text));
    }
}

} // namespace px::server
