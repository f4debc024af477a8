// verdict.cpp - reading srun's complaints.
#include "rec/bridge/verdict.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <sys/wait.h>

namespace px::bridge {

namespace {

// "slurmstepd: error: *** STEP 5.0 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***", which
// srun does not always hand on; what it says itself is there all the same.
std::string end_by_slurm(const StepEnd &end) {
    for (const auto &line : split(end.words, '\n')) {
        const auto begin = line.find("*** "), last = line.rfind(" ***");
        if (begin == line.npos || last == line.npos || last < begin + 4) continue;
        return line.substr(begin + 4, last - begin - 4);
    }
    const bool aborted = end.words.find("Job step aborted") != end.words.npos;
    return aborted && !end.killed ? "it was cancelled" : "";
}

// srun itself cancels a step that it could not start on all nodes.
bool was_not_started(const std::string &words) {
    return words.find("launch failed") != words.npos;
}

// Shims end with 0 or are killed: any other status is what a rank gave to PMIx_Abort,
// where Slurm hands that on; else what the rank itself said is as good. srun has statuses
// of its own (24.11: 233 where a slurmd is away, 1 for much else), and says why.
std::optional<int> status_of_abort(const StepEnd &end) {
    if (!end.over || !WIFEXITED(end.wait_status)) return end.said;
    const int status = WEXITSTATUS(end.wait_status);
    const bool is_kill = status >= killed_by(1) && status <= killed_by(64);
    const bool has_reason = was_not_started(end.words) ||
                            end.words.find(" DUE TO ") != end.words.npos ||
                            end.words.find("Node failure") != end.words.npos;
    if (status == 0 || is_kill || has_reason) return end.said;
    return status;
}

// Its complaints, without its name at each line's beginning.
std::string complaints(const std::string &words) {
    std::vector<std::string> lines;
    for (auto line : split(words, '\n')) {
        for (const char *prefix : {"srun: ", "error: "}) {
            if (line.starts_with(prefix)) line = line.substr(std::string(prefix).size());
        }
        const bool is_news = line.empty() || line.find("***") != line.npos ||
                             std::find(lines.begin(), lines.end(), line) != lines.end();
        if (!is_news) lines.push_back(line);
    }
    return join(lines, "\n");
}

std::string exit_text(int wait_status) {
    return WIFSIGNALED(wait_status)
               ? fmt::format("was killed by signal {}", WTERMSIG(wait_status))
               : fmt::format("ended with status {}", WEXITSTATUS(wait_status));
}

job::JobResult not_run(std::string what, std::string hint) {
    job::JobResult result;
    result.not_run = Exit::cannot_run;
    result.explanation = std::move(what);
    result.hint = std::move(hint);
    return result;
}

// Of a rank that was killed together with its shim, or after srun had gone, or that got
// the signal before its shim.
bool was_ended_from_outside(const job::JobResult &judged, const StepEnd &end) {
    const auto of = std::find_if(
        judged.ranks.begin(), judged.ranks.end(),
        [&judged](const auto &rank) { return rank.rank == judged.first_failure; });
    if (of == judged.ranks.end()) return false;
    if (of->signal == SIGTERM) return !end_by_slurm(end).empty() && !end.killed;
    if (of->signal != SIGKILL) return false;
    return of->pid == 0 || (end.over && of->ended >= end.when);
}

job::JobResult too_late(const StepEnd &end) {
    const std::string words = complaints(end.words);
    return not_run(
        fmt::format("srun did not start the job within {}{}{}",
                    duration_text(*end.patience), words.empty() ? "" : ": ", words),
        "--start-timeout allows it more time; '--rec prrte' runs it with PRRTE "
        "instead of srun");
}

} // namespace

job::JobResult result_of(const StepEnd &end) {
    const std::string by_slurm = end_by_slurm(end);
    if (!by_slurm.empty() && !was_not_started(end.words)) {
        return not_run("Slurm ended the job's step: " + by_slurm,
                       "somebody cancelled it, its time was over, or a rank has called "
                       "MPI_Abort");
    }
    if (WIFSIGNALED(end.wait_status))
        return not_run("the job's srun " + exit_text(end.wait_status), "");
    const std::string words = complaints(end.words);
    if (words.empty() && end.wait_status == 0) // a signal to its processes alone
        return not_run("Slurm ended the job's ranks and did not say why", "");
    return not_run(words.empty()
                       ? "srun did not start the job: it " + exit_text(end.wait_status)
                       : "srun did not start the job: " + words,
                   "'--rec prrte' runs it with PRRTE instead of srun");
}

job::JobResult verdict(job::JobResult judged, const StepEnd &end) {
    if (end.patience) return too_late(end);
    const bool by_slurm = !end_by_slurm(end).empty();
    const bool by_signal = end.over && WIFSIGNALED(end.wait_status) && !end.killed;
    if (!by_slurm && !by_signal && !was_not_started(end.words)) return judged;
    const bool is_lost = judged.not_run == Exit::cannot_run && judged.first_failure < 0;
    if (!is_lost && !was_ended_from_outside(judged, end)) return judged;
    auto result = result_of(end);
    if (const auto status = by_slurm ? status_of_abort(end) : std::nullopt) {
        result = {};
        result.aborted = true;
        result.status = *status;
    }
    result.ranks = std::move(judged.ranks);
    return result;
}

} // namespace px::bridge
