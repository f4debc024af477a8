// shim_end.cpp - how ranks and the job end.
#include "pxlaunch/shims/shim_runtime.h"

#include <fmt/format.h>

#include <csignal>
#include <utility>

namespace px::shims {

namespace {

// Once all shims were let go: the server should have noticed long before.
constexpr Milliseconds end_patience{2000};
constexpr Milliseconds kill_patience{1000};
constexpr Milliseconds saving_patience{60'000}; // twice Slurm's own, by default

} // namespace

void ShimRuntime::on_frame(Member &member, channel::Frame frame) {
    const int rank = member.hello.rank;
    switch (frame.kind) {
    case channel::Kind::out:
    case channel::Kind::err:
        count_output(frame.body.size());
        if (!on_output) return;
        return on_output({0, rank},
                         frame.kind == channel::Kind::out ? tool::Channel::out
                                                          : tool::Channel::err,
                         std::move(frame.body));
    case channel::Kind::taken:
        if (!member.untaken.empty()) member.untaken.pop_front();
        return;
    case channel::Kind::traced:
        return traces_.came(rank);
    case channel::Kind::done:
        member.stream.reset();
        traces_.came(rank);
        // It was told to end before it had started its rank, and not by us.
        if (!released_) judge_.ended(rank, channel::Ended{{}, true});
        return settle();
    default:
        return on_report(rank, frame);
    }
}

void ShimRuntime::on_report(int rank, const channel::Frame &frame) {
    if (frame.kind == channel::Kind::ended) {
        const auto ended = channel::read_ended(frame.body);
        if (ended) judge_.ended(rank, *ended);
        if (ended && ended->by_runtime && !facts_.empty())
            ended_by_server(rank, ended->end.signal);
    } else if (frame.kind == channel::Kind::refused) {
        if (const auto refused = channel::read_refused(frame.body))
            judge_.refused(rank, *refused);
    } else {
        return; // of a later version
    }
    settle();
}

// KILL: its daemon is gone, and the server does not notice. Or the server itself has told
// all ranks to end: it kills them in time, and until then some may save what they have.
void ShimRuntime::ended_by_server(int rank, int by) {
    if (by == SIGKILL) return judge_.ended_by_server(rank);
    if (saving_timer_ != 0) return;
    saving_timer_ = loop_.after(saving_patience, [this, rank] {
        judge_.ended_by_server(rank);
        settle();
    });
}

// Of a rank that has no other way: its output, and its shim's reports in its errors.
void ShimRuntime::take_server_output(tool::Source from, tool::Channel channel,
                                     std::string bytes) {
    if (const auto bare = heard_.find(from.rank); bare != heard_.end()) {
        bare->second = Clock::now();
    }
    if (channel == tool::Channel::err && from.child == 0 && listener_) {
        auto &reader = readers_.try_emplace(from.rank, listener_->secret()).first->second;
        const int rank = from.rank;
        bytes = reader.take(
            bytes, [this, rank](const channel::Frame &frame) { on_inband(rank, frame); });
    }
    hand_over(from, channel, std::move(bytes));
}

void ShimRuntime::on_inband(int rank, const channel::Frame &frame) {
    if (frame.kind == channel::Kind::alive) return;
    heard_.erase(rank);
    // PRRTE 5.0.0rc1 mixes what it had kept for us with what comes now: the end of a rank
    // may be there before its hello.
    if (frame.kind != channel::Kind::hello) {
        if (greeted_.contains(rank)) return on_report(rank, frame);
        overtaking_.emplace(rank, frame);
        return;
    }
    const auto hello = channel::read_hello(frame.body);
    if (!hello || hello->rank != rank) return;
    greeted_.insert(rank);
    heard_[rank] = Clock::now();
    if (!std::exchange(any_bare_, true)) listen_for_breath();
    judge_.arrived(rank, hello->host);
    note_place(*hello);
    start_if_complete();
    for (auto held = overtaking_.extract(rank); held; held = overtaking_.extract(rank))
        on_inband(rank, held.mapped());
}

// A server that loses track of a rank tells neither its last words nor its end.
void ShimRuntime::listen_for_breath() {
    const auto due = Clock::now() + channel::breath;
    breath_timer_ = loop_.after(channel::breath, [this, due] {
        // We were stopped ourselves: what came meanwhile has not been read yet.
        if (Clock::now() - due > channel::breath) {
            for (auto &[rank, when] : heard_) when = Clock::now();
        }
        const auto oldest = Clock::now() - channel::silence;
        std::vector<int> silent;
        for (const auto &[rank, when] : heard_) {
            if (when < oldest) silent.push_back(rank);
        }
        for (const int rank : silent) {
            heard_.erase(rank);
            judge_.lost_by_server(rank);
        }
        if (!silent.empty()) settle();
        if (!finished_) listen_for_breath();
    });
}

void ShimRuntime::on_closed(Member &member, int error_number) {
    member.stream.reset();
    member.untaken.clear();
    judge_.lost(member.hello.rank, error_number);
    traces_.came(member.hello.rank);
    settle();
}

void ShimRuntime::settle() {
    // PRRTE 3.0.8 dies of shims, and of a tool, that end while it still starts the job.
    if (finished_ || nspace_.empty()) return;
    if (released_ && !any_open() && judge_.all_arrived()) server_.nothing_runs();
    if (released_) return finish_if_clean();
    if (judge_.any_refused() && !started_ && !any_bare_) {
        // Who comes late would find nobody, and start its rank by itself.
        return judge_.is_complete() ? release() : void();
    }
    if (judge_.no_report_to_come()) return release();
    if (!judge_.must_end() || ending_) return;
    ending_ = true;
    signal(nspace_, SIGTERM, {});
    grace_timer_ = loop_.after(spec_.limits.grace, [this] { kill(nspace_); });
}

// Every shim ends what its rank left behind, sends the rest of its output, and ends.
void ShimRuntime::release() {
    if (!released_) {
        released_ = true;
        loop_.cancel(arrival_timer_);
        loop_.cancel(grace_timer_);
        send_all(channel::Kind::release);
        if (paused_) acknowledge(nspace_, unacknowledged_);
        if (judge_.all_arrived() || !started_) expect_end();
    }
    finish_if_clean();
}

// Nothing of the job runs any more: the server's word for it is only awaited so long.
void ShimRuntime::expect_end() {
    end_timer_ = loop_.after(end_patience, [this] {
        // What the server still believes to be running would keep its slots.
        server_.kill(nspace_);
        end_timer_ = loop_.after(kill_patience, [this] { finish(); });
    });
}

void ShimRuntime::finish_if_clean() {
    if (!any_open() && (server_ended_ || nspace_.empty())) finish();
}

void ShimRuntime::finish() {
    if (finished_) return;
    finished_ = true;
    loop_.cancel(end_timer_);
    loop_.cancel(breath_timer_);
    loop_.cancel(left_timer_);
    loop_.cancel(saving_timer_);
    for (const auto &each : members_) each->stream.reset();
    hand_over_early_output();
    for (auto &[rank, reader] : readers_)
        hand_over({0, rank}, tool::Channel::err, reader.take_rest());
    slots_.reset();
    if (map_only_ && !judge_.any_refused()) tell_layout();
    if (on_job_end) on_job_end(judge_.result());
}

// The ranks' own daemons may be there, or not know yet: the shims end the ranks.
void ShimRuntime::server_lost() {
    if (finished_) return;
    finished_ = true;
    send_all(channel::Kind::kill);
    send_all(channel::Kind::release);
    const auto left = [this] {
        if (on_lost) on_lost();
    };
    loop_.after(any_open() ? kill_patience : Milliseconds(0), left);
}

// The server of seated ranks has not brought all of them: it says why when it ends.
void ShimRuntime::give_up_waiting() {
    late_ = true;
    server_.kill(nspace_);
    left_timer_ = loop_.after(kill_patience, [this] { release(); });
}

// It has ended before the shims of seated ranks, who report it if they have ended too.
void ShimRuntime::server_left() {
    loop_.cancel(left_timer_);
    if (released_) return;
    if (!started_) return release();
    left_timer_ = loop_.after(kill_patience, [this] { send_all(channel::Kind::kill); });
}

void ShimRuntime::kill(const std::string &nspace) {
    send_all(channel::Kind::kill);
    if (any_bare_ || !judge_.all_arrived()) server_.kill(nspace);
    if (started_) return;
    if (!any_bare_) judge_.cancel();
    release();
}

// A server that loses the end of a job is asked for it; where every rank has its shim
// there is nothing to ask.
void ShimRuntime::ask_end(const std::string &nspace) {
    if (any_bare_ || !judge_.all_arrived()) server_.ask_end(nspace);
}

} // namespace px::shims
