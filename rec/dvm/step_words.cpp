// step_words.cpp - srun's errors in prte's log.
#include "rec/dvm/step_words.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::dvm {

std::string step_words(const std::string &log) {
    constexpr std::size_t most = 4;
    std::vector<std::string> lines;
    for (const auto &line : split(log, '\n')) {
        const bool is_error = line.starts_with("srun: error:") ||
                              line.starts_with("srun: fatal:") ||
                              line.starts_with("slurmstepd: error:");
        if (is_error && std::find(lines.begin(), lines.end(), line) == lines.end())
            lines.push_back(line);
    }
    if (lines.size() > most)
        lines.erase(lines.begin(), lines.end() - static_cast<long>(most));
    std::string text;
    for (const auto &line : lines) text += "\n  " + line;
    return text;
}

Error why_no_step(const std::string &directory, long start, const std::string &deadline) {
    const auto log = read_file(directory + "/log");
    const auto from = static_cast<std::size_t>(std::max(start, 0L));
    const std::string words =
        log && log->size() > from ? step_words(log->substr(from)) : std::string();
    const std::string what =
        deadline.empty()
            ? "the PRRTE daemons did not start"
            : fmt::format("the PRRTE daemons were not ready after {}", deadline);
    return cannot_run(
        what + words,
        fmt::format("try 'srun --overlap -l true' by hand; see {}/log", directory));
}

} // namespace px::dvm
