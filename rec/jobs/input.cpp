// input.cpp - from queued chunks into the ranks' pipes.
#include "rec/jobs/input.h"

#include <sys/epoll.h>

namespace px::jobs {

void Input::push(Job &job, int rank, std::string bytes, bool end,
                 std::function<void()> done) {
    const auto shared = std::make_shared<const std::string>(std::move(bytes));
    // The last chunk that lets go of it answers the sender.
    const std::shared_ptr<void> answer(nullptr,
                                       [done = std::move(done)](void *) { done(); });
    for (std::size_t i = 0; i < job.ranks.size(); ++i) {
        Rank &target = job.ranks[i];
        if ((rank >= 0 && static_cast<std::size_t>(rank) != i) || !target.in) continue;
        target.input.push_back({shared, 0, end, answer});
        if (!target.in_watched) write_queued(target);
    }
}

void Input::write_queued(Rank &rank) {
    while (!rank.input.empty()) {
        InputChunk &chunk = rank.input.front();
        const std::size_t left = chunk.bytes->size() - chunk.offset;
        if (left > 0) {
            const auto put =
                write_some(rank.in.get(), chunk.bytes->data() + chunk.offset, left);
            if (!put) return close(rank); // EPIPE: it does not read, which is its right
            if (*put >= 0) chunk.offset += static_cast<std::size_t>(*put);
            if (*put < 0) break;
            if (static_cast<std::size_t>(*put) < left) continue;
        }
        if (chunk.end && !rank.terminal) return close(rank);
        // A terminal has no end of file, only the key for it: twice, for the first one
        // only ends an unfinished line.
        if (chunk.end) (void)write_some(rank.in.get(), "\x04\x04", 2);
        rank.input.pop_front();
    }
    const bool wait = !rank.input.empty();
    if (wait && !rank.in_watched) {
        loop_.watch(rank.in.get(), EPOLLOUT,
                    [this, &rank](std::uint32_t) { write_queued(rank); });
    } else if (!wait && rank.in_watched) {
        loop_.forget(rank.in.get());
    }
    rank.in_watched = wait;
}

void Input::close(Rank &rank) {
    if (rank.in_watched) loop_.forget(rank.in.get());
    rank.in_watched = false;
    rank.in.reset();
    rank.input.clear();
}

} // namespace px::jobs
