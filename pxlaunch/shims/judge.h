#pragma once
// The judge of a job whose server cannot be trusted with its end: it is told what every
// shim reports and what the server says, and decides what that means. Pure.

#include "pxlaunch/channel/messages.h"
#include "pxlaunch/job/result.h"

#include <optional>
#include <string>
#include <vector>

namespace px::shims {

class Judge {
  public:
    explicit Judge(job::OnFailure rule) : rule_(rule) {}

    void expect(int ranks); // the server has accepted the job
    void arrived(int rank, const std::string &host);
    void gone_without_shim(); // who has not arrived by now has no shim
    void ended(int rank, const channel::Ended &ended);
    void refused(int rank, const Error &error);
    // Its shim is gone without a word; `error_number` 0: it closed the connection.
    void lost(int rank, int error_number);
    void lost_by_server(int rank);       // bare, and silent
    // A server that leaves the other ranks alone has ended it: its daemon there is gone.
    void ended_by_server(int rank);
    void cancel() { cancelled_ = true; } // no rank was started, and none will be
    void server_ended(job::JobResult result);

    [[nodiscard]] std::size_t ranks() const { return ranks_.size(); } // known of
    [[nodiscard]] bool all_arrived() const;
    [[nodiscard]] bool is_complete() const { return closed_ || all_arrived(); }
    [[nodiscard]] bool any_refused() const { return refused_.has_value(); }
    [[nodiscard]] bool all_bare() const { return closed_ && arrived_ == 0; }
    // No shim has anything more to report. Ranks without one may still run.
    [[nodiscard]] bool no_report_to_come() const;
    // A rank failed, and --on-failure ends the others.
    [[nodiscard]] bool must_end() const;
    [[nodiscard]] job::JobResult result() const;

  private:
    struct Rank {
        enum State { unseen, here, over } state = unseen;
        std::string host;
        job::RankEnd end;
    };

    Rank *at(int rank);
    void blame(int rank, int status);
    [[nodiscard]] bool runtime_was_first() const;
    [[nodiscard]] job::JobResult without_cause() const;

    job::OnFailure rule_;
    std::vector<Rank> ranks_;
    int arrived_ = 0, over_ = 0;
    bool counted_ = false; // expect() was called
    bool closed_ = false;  // nobody arrives any more
    int first_failure_ = -1, status_ = 0;
    bool ended_by_runtime_ = false, cancelled_ = false;
    std::optional<Error> refused_;
    std::string lost_;               // what to say of a rank that nobody knows the end of
    std::vector<job::RankEnd> ends_; // in the order of the reports
    std::optional<job::JobResult> server_;
};

} // namespace px::shims
