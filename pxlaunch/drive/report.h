#pragma once
// --report: a JSON document about the job, written when it starts and again when it ends,
// so that it is there whatever happens. Members: version (1), pxlaunch, state ("started"
// or "ended"), job, started, ended, status, timed_out, lost_runtime, first_failure,
// message, apps [{argv, np, directory}], ranks [{rank, host, pid, exit_code, signal,
// core_dumped, started, ended}]. Times are seconds since the epoch. A member that is not
// known yet is null. A word that is no UTF-8 is an object instead of a string: {"hex":
// "66ff"}.

#include "pxlaunch/job/result.h"

namespace px::drive {

class Report {
  public:
    // Writes the file; an Error names the option.
    static Result<Report> create(const std::string &path, const job::Spec &spec,
                                 double started);

    void set_job(const std::string &name, const job::Spec &spec); // as it was started
    Result<void> finish(const job::JobResult &result, int status,
                        const std::string &message, double ended);

  private:
    Report() = default;

    std::string path_, job_;
    std::vector<job::App> apps_; // argv, np and directory of each
    double started_ = 0;
};

} // namespace px::drive
