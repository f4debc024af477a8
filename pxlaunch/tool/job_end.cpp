// job_end.cpp - reading PMIX_EVENT_JOB_END.
#include "pxlaunch/tool/job_end.h"

#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"

#include <fmt/format.h>

#include <sstream>

namespace px::tool {

namespace {

std::vector<job::RankEnd> read_ranks(const std::string &text) {
    std::vector<job::RankEnd> ranks;
    std::istringstream lines(text);
    job::RankEnd rank;
    while (lines >> rank.rank >> rank.host >> rank.pid >> rank.exit_code >> rank.signal >>
           rank.core_dumped >> rank.started >> rank.ended) {
        ranks.push_back(rank);
    }
    return ranks;
}

} // namespace

job::JobResult read_job_end(const pmix::InfoView &infos) {
    namespace key = pmix::key;
    job::JobResult result;
    const auto code = infos.number(PMIX_EXIT_CODE);
    const auto term = infos.number(PMIX_JOB_TERM_STATUS);
    if (code) {
        result.status = static_cast<int>(*code);
    } else if (term && *term >= 0 && *term < 256) {
        result.status = static_cast<int>(*term);
    } else {
        result.not_run = Exit::cannot_run;
        result.explanation = term
                                 ? fmt::format("the runtime reports: {}",
                                               pmix::status_text(static_cast<int>(*term)))
                                 : "the runtime lost the exit code";
    }
    if (const auto rank = infos.number(PMIX_RANK)) {
        result.first_failure = static_cast<int>(*rank);
    }
    result.aborted = infos.has(key::aborted);
    result.abort_text = infos.text(PMIX_EVENT_TEXT_MESSAGE).value_or("");
    if (const auto exit = infos.number(key::exit))
        result.not_run = static_cast<Exit>(*exit);
    if (const auto text = infos.text(key::what)) result.explanation = *text;
    if (const auto text = infos.text(key::hint)) result.hint = *text;
    result.ranks = read_ranks(infos.text(key::ranks).value_or(""));
    return result;
}

} // namespace px::tool
