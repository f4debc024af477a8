// output.cpp - reading the ranks' pipes within the window.
#include "rec/jobs/output.h"

#include <fcntl.h>
#include <sys/epoll.h>

namespace px::jobs {

namespace {
Fd &stream(Job &job, int rank, Channel channel) {
    auto &of = job.ranks[static_cast<std::size_t>(rank)];
    return channel == Channel::out ? of.out : of.err;
}
constexpr Channel both[] = {Channel::out, Channel::err};
} // namespace

void Output::watch(Job &job, int rank, Channel channel) {
    Fd &fd = stream(job, rank, channel);
    if (!fd) return;
    loop_.watch(fd.get(), EPOLLIN,
                [this, &job, rank, channel](std::uint32_t) { read(job, rank, channel); });
}

void Output::start(Job &job) {
    if (job.pulled) return;
    job.pulled = true;
    resume(job);
}

void Output::resume(Job &job) {
    if (!job.pulled || job.root->paused) return;
    for (std::size_t rank = 0; rank < job.ranks.size(); ++rank) {
        for (const auto channel : both) watch(job, static_cast<int>(rank), channel);
    }
}

void Output::pause(Job &job) {
    // A pipe whose writer is gone is reported whatever we ask for: only forgetting it
    // helps.
    for (auto &rank : job.ranks) {
        if (rank.out) loop_.forget(rank.out.get());
        if (rank.err) loop_.forget(rank.err.get());
    }
}

void Output::drop(Job &job) {
    pause(job);
    for (auto &rank : job.ranks) {
        rank.out.reset();
        rank.err.reset();
    }
}

bool Output::at_end(const Job &job) {
    for (const auto &rank : job.ranks) {
        if (rank.out || rank.err) return false;
    }
    return true;
}

void Output::read(Job &job, int rank, Channel channel) {
    Fd &fd = stream(job, rank, channel);
    const auto got = read_some(fd.get(), buffer_.data(), buffer_.size());
    if (got && *got < 0) return;
    if (!got || *got == 0) {
        loop_.forget(fd.get());
        fd.reset();
        return closed_(job);
    }
    const auto size = static_cast<std::size_t>(*got);
    // It was full. Every piece costs the same few thread switches, so larger ones are
    // faster; only for those who need it, because a user's pipes are limited together.
    if (size == usual_pipe &&
        ::fcntl(fd.get(), F_GETPIPE_SZ) < static_cast<int>(large_pipe)) {
        ::fcntl(fd.get(), F_SETPIPE_SZ, large_pipe);
    }
    job.root->delivered += size;
    wire_.deliver(job, rank, channel, buffer_.substr(0, size));
    const Job &root = *job.root;
    if (root.asked.flow && !root.paused && root.delivered - root.acknowledged > window)
        full_(*job.root);
}

} // namespace px::jobs
