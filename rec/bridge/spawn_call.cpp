// spawn_call.cpp - libpmix's words, and what they mean for the end of a job.
#include "rec/bridge/spawn_call.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::bridge {

namespace {

constexpr const char *setting = "PMIX_MCA_pmix_client_spawn_verbose";
// "[n1:00658] [slurm.pmix.4.0,0] pmix: spawn_nb called", by 4.2.2 and 5.0.7.
constexpr std::string_view words = "] pmix: spawn_nb called";

const job::RankEnd *end_of(const job::JobResult &result, int rank) {
    const auto end = std::find_if(result.ranks.begin(), result.ranks.end(),
                                  [rank](const auto &each) { return each.rank == rank; });
    return end == result.ranks.end() ? nullptr : &*end;
}

// What Slurm ended is no proof of another cause: MPI_Abort has it ended.
bool may_be_the_cause(const job::JobResult &result) {
    if (result.timed_out || result.lost_runtime) return false;
    if (result.aborted || result.not_run) return true;
    const auto *end = end_of(result, result.first_failure);
    return end != nullptr && end->signal == 0 && end->exit_code != 0;
}

} // namespace

void name_spawn_calls(job::Environment &env) {
    if (!job::find_variable(env, setting)) job::set_variable(env, setting, "2");
}

void SpawnCalls::heard(int rank, std::string_view bytes) {
    if (first_) return;
    std::string &end = ends_[rank];
    const std::string joint =
        end + std::string(bytes.substr(0, std::min(bytes.size(), words.size())));
    if (joint.find(words) != joint.npos || bytes.find(words) != bytes.npos) first_ = rank;
    end += bytes.substr(bytes.size() - std::min(bytes.size(), words.size()));
    end.erase(0, end.size() - std::min(end.size(), words.size()));
}

job::JobResult with_spawn_call(job::JobResult result, const SpawnCalls &calls) {
    if (!calls.first_rank() || !may_be_the_cause(result)) return result;
    const int rank = *calls.first_rank();
    const auto *caller = end_of(result, rank),
               *failed = end_of(result, result.first_failure);
    std::string what = fmt::format(
        "rank {}{} called MPI_Comm_spawn or PMIx_Spawn, which a step of Slurm cannot do",
        rank, caller == nullptr || caller->host.empty() ? "" : " on " + caller->host);
    if (result.aborted) {
        what += fmt::format("; the job was aborted with status {}", result.status);
    } else if (failed != nullptr) {
        what += fmt::format("; rank {} exited with status {}", failed->rank,
                            failed->exit_code);
    }
    job::JobResult refused;
    refused.not_run = Exit::cannot_run;
    refused.explanation = std::move(what);
    refused.hint = "'--rec prrte' runs the job with PRRTE, which can";
    refused.ranks = std::move(result.ranks);
    return refused;
}

} // namespace px::bridge
