// judge.cpp - from reports to a verdict.
#include "pxlaunch/shims/judge.h"

#include "pxlaunch/base/fd.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>

namespace px::shims {

namespace {
constexpr std::size_t most_ranks = 10'000'000; // a report beyond it is no report
} // namespace

Judge::Rank *Judge::at(int rank) {
    const auto index = static_cast<std::size_t>(rank);
    if (rank < 0 || index >= most_ranks || (counted_ && index >= ranks_.size()))
        return nullptr;
    if (index >= ranks_.size()) ranks_.resize(index + 1); // faster than the server
    return &ranks_[index];
}

void Judge::expect(int ranks) {
    ranks_.resize(static_cast<std::size_t>(ranks));
    counted_ = true;
    arrived_ = over_ = 0; // whoever came early and is none of them does not count
    for (const auto &each : ranks_) {
        arrived_ += each.state != Rank::unseen ? 1 : 0;
        over_ += each.state == Rank::over ? 1 : 0;
    }
}

void Judge::arrived(int rank, const std::string &host) {
    Rank *of = at(rank);
    if (of == nullptr || of->state != Rank::unseen) return;
    of->state = Rank::here;
    of->host = host;
    ++arrived_;
}

void Judge::gone_without_shim() { closed_ = true; }

bool Judge::all_arrived() const {
    return counted_ && arrived_ == static_cast<int>(ranks_.size());
}

void Judge::blame(int rank, int status) {
    if (first_failure_ >= 0 || !lost_.empty() || status == 0) return;
    first_failure_ = rank;
    status_ = status;
}

void Judge::ended(int rank, const channel::Ended &ended) {
    Rank *of = at(rank);
    if (of == nullptr || of->state != Rank::here) return;
    of->state = Rank::over;
    of->end = ended.end;
    of->end.rank = rank;
    of->end.host = of->host;
    ++over_;
    ends_.push_back(of->end);
    // Why the runtime ended it, only the runtime knows.
    ended_by_runtime_ = ended_by_runtime_ || ended.by_runtime;
    if (!ended.by_runtime) blame(rank, of->end.status());
}

void Judge::refused(int rank, const Error &error) {
    Rank *of = at(rank);
    if (of == nullptr || of->state != Rank::here) return;
    of->state = Rank::over;
    ++over_;
    if (refused_) return;
    refused_ = error;
    refused_->what += fmt::format(" (rank {} on {})", rank, of->host);
}

void Judge::lost(int rank, int error_number) {
    Rank *of = at(rank);
    if (of == nullptr || of->state != Rank::here) return;
    of->state = Rank::over;
    ++over_;
    const bool silent = error_number != 0 && error_number != ECONNRESET;
    if (silent && lost_.empty()) {
        lost_ = fmt::format("lost rank {} on {}: {}", rank, of->host,
                            error_text(error_number));
    }
    if (silent) return;
    // Nobody but SIGKILL ends a shim before its rank.
    of->end.rank = rank;
    of->end.host = of->host;
    of->end.signal = SIGKILL;
    ends_.push_back(of->end);
    blame(rank, of->end.status());
}

void Judge::lost_by_server(int rank) {
    Rank *of = at(rank);
    if (of == nullptr || of->state != Rank::here) return;
    of->state = Rank::over;
    ++over_;
    if (lost_.empty()) {
        lost_ = fmt::format("the runtime lost the exit code of rank {} on {}", rank,
                            of->host);
    }
}

void Judge::ended_by_server(int rank) {
    const Rank *of = at(rank);
    if (of == nullptr || first_failure_ >= 0 || !lost_.empty()) return;
    lost_ = fmt::format("the runtime ended rank {} on {}", rank, of->host);
}

void Judge::server_ended(job::JobResult result) {
    if (!server_) server_ = std::move(result);
}

bool Judge::no_report_to_come() const {
    return over_ == arrived_ && (closed_ || server_ || all_arrived());
}

bool Judge::must_end() const {
    if (refused_ || !lost_.empty()) return true;
    return first_failure_ >= 0 && rule_ == job::OnFailure::kill;
}

// A runtime that ends a whole step signals ranks and shims in any order: a rank may have
// its TERM before its shim, and then seems to have failed by itself.
bool Judge::runtime_was_first() const {
    return ended_by_runtime_ && status_ == killed_by(SIGTERM);
}

// No rank that has reported failed by itself.
job::JobResult Judge::without_cause() const {
    const auto ranks = static_cast<int>(ranks_.size());
    const bool all_known = counted_ && over_ == ranks;
    if (!ended_by_runtime_ && (all_known || !server_)) return {};
    // A status of nobody, where all are known, is not the job's: PRRTE 5.0.0rc1 says 1
    // when it loses a daemon.
    const bool server_knows =
        server_ && (server_->not_run || server_->first_failure >= 0 ||
                    (server_->status != 0 && !all_known));
    if (server_knows) return *server_;
    job::JobResult result;
    result.not_run = Exit::cannot_run;
    if (ended_by_runtime_) {
        result.explanation = "the runtime ended the job and did not say why";
    } else {
        // Every shim reports, over the channel or in the errors: "success" is no answer.
        result.explanation = counted_
                                 ? fmt::format("the runtime lost {} of {} ranks, their "
                                               "output and their exit codes",
                                               ranks - over_, ranks)
                                 : "the runtime lost the exit codes of the job";
        result.hint = "start the runtime's daemons anew; PRRTE 3.0.8 loses track of jobs";
    }
    return result;
}

job::JobResult Judge::result() const {
    job::JobResult result;
    if (refused_) {
        result.not_run = refused_->exit;
        result.explanation = refused_->what;
        result.hint = refused_->hint;
    } else if (server_ && server_->aborted) {
        result = *server_;
    } else if (first_failure_ >= 0 && !runtime_was_first()) {
        result.first_failure = first_failure_;
        result.status = status_;
    } else if (!lost_.empty()) {
        result.not_run = Exit::cannot_run;
        result.explanation = lost_;
        result.hint = "is the node up, and the network? the other ranks were ended";
    } else if (cancelled_) {
        result.not_run = Exit::cannot_run;
        result.explanation = "the job was ended before its ranks were started";
    } else {
        result = without_cause();
    }
    result.ranks = ends_;
    return result;
}

} // namespace px::shims
