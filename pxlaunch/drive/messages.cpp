// messages.cpp - the wording of errors and endings.
#include "pxlaunch/drive/messages.h"

#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/drive/signals.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::drive {

namespace {

std::string count_text(int count, const char *one, const char *many) {
    return count == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}", count, many);
}

} // namespace

std::string rendered_message(const std::string &text, const std::string &program) {
    return message_lines(text, program);
}

std::string rendered(const Error &error, const std::string &program,
                     std::size_t columns) {
    return error_lines(error, program, columns);
}

std::string rendered(const Ending &ending, const std::string &program,
                     std::size_t columns) {
    std::string text;
    if (!ending.text.empty()) {
        text =
            rendered_message((ending.is_error ? "error: " : "") + ending.text, program);
    }
    if (!ending.hint.empty()) text += hint_lines(ending.hint, program, columns);
    return text;
}

namespace {

std::string rank_text(const job::RankEnd &end) {
    return end.host.empty() ? fmt::format("rank {}", end.rank)
                            : fmt::format("rank {} on {}", end.rank, end.host);
}

// The rank that the job's status is about, as far as the server told.
job::RankEnd culprit(const job::JobResult &result) {
    for (const job::RankEnd &end : result.ranks) {
        if (end.rank == result.first_failure) return end;
    }
    job::RankEnd end;
    end.rank = result.first_failure;
    const bool by_signal = result.status > killed_by(0) && result.status <= killed_by(64);
    end.signal = by_signal ? result.status - killed_by(0) : 0;
    end.exit_code = result.status;
    return end;
}

std::string abort_text(const job::JobResult &result) {
    std::string text = result.first_failure < 0 ? "the job" : rank_text(culprit(result));
    text += fmt::format(" called MPI_Abort with status {}", result.status);
    return result.abort_text.empty() ? text
                                     : fmt::format("{}: {}", text, result.abort_text);
}

// With --on-failure kill the others fail because we end them.
std::string others_text(const job::JobResult &result, job::OnFailure rule) {
    if (rule == job::OnFailure::kill) return {};
    const auto failed = std::count_if(
        result.ranks.begin(), result.ranks.end(), [&](const job::RankEnd &end) {
            return end.status() != 0 && end.rank != result.first_failure;
        });
    if (failed == 0) return {};
    return fmt::format(", and {} failed later",
                       count_text(static_cast<int>(failed), "other rank", "other ranks"));
}

std::string failure_text(const job::JobResult &result, job::OnFailure rule) {
    std::string text;
    if (result.aborted) {
        text = abort_text(result);
    } else if (result.first_failure >= 0) {
        text = rank_end_text(culprit(result)) + others_text(result, rule);
    } else {
        text = fmt::format("the job ended with status {}", result.status);
    }
    if (rule == job::OnFailure::ignore) text += " (ignored: --on-failure ignore)";
    return text;
}

} // namespace

std::string rank_end_text(const job::RankEnd &end) {
    if (end.signal == 0) {
        return fmt::format("{} exited with status {}", rank_text(end), end.exit_code);
    }
    return fmt::format("{} was killed by {}{}; exit status {}", rank_text(end),
                       signal_name(end.signal), end.core_dumped ? " (core dumped)" : "",
                       end.status());
}

Ending ending(const job::JobResult &result, const EndingContext &context) {
    Ending ending{result.explanation, result.hint, true};
    if (result.lost_runtime) {
        ending.text = fmt::format(
            "lost the runtime while {} running",
            context.running == 1 ? "1 process was"
                                 : fmt::format("{} processes were", context.running));
        if (!result.explanation.empty()) ending.text += ": " + result.explanation;
        return ending;
    }
    if (result.timed_out) {
        return {fmt::format("timed out after {}; exit status {}",
                            duration_text(context.timeout),
                            static_cast<int>(Exit::timeout)),
                result.hint, true};
    }
    if (result.not_run) {
        if (ending.text.empty()) ending.text = "the runtime could not start the job";
        return ending;
    }
    if (result.status == 0 && result.first_failure < 0 && !result.aborted) return {};
    ending = {failure_text(result, context.rule), result.hint};
    if (!result.explanation.empty()) ending.text += '\n' + result.explanation;
    return ending;
}

Error not_started(int signal) {
    return {static_cast<Exit>(killed_by(signal)),
            fmt::format("{}: the job was not started", signal_name(signal)), ""};
}

Error came_up_alone(const std::string &command, int np) {
    return cannot_run(
        fmt::format(
            "{} came up as {} jobs of one process, not as one job of {}: its MPI does "
            "not speak PMIx",
            displayed(command), np, np),
        "build it with an MPI that does (Open MPI, or MPICH configured --with-pmix); "
        "Debian's "
        "MPICH does not");
}

} // namespace px::drive
