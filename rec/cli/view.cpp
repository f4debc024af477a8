// view.cpp - servers and jobs as tables.
#include "rec/cli/view.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace px::rec {

namespace {

std::string command_text(const std::vector<std::string> &command) {
    std::string text;
    for (const auto &word : command) text += (text.empty() ? "" : " ") + displayed(word);
    return text;
}

using Row = std::array<std::string, 7>;

std::vector<Row> rows_of(const std::vector<JobView> &jobs, double now) {
    std::vector<Row> rows = {
        {"JOB", "RANK", "HOST", "PID", "STATE", "ELAPSED", "COMMAND"}};
    for (const auto &job : jobs) {
        const std::string command = command_text(job.command);
        for (const auto &rank : job.ranks) {
            rows.push_back({job.job, std::to_string(rank.rank), rank.host,
                            std::to_string(rank.pid), rank.state,
                            elapsed_text(now - rank.started), command});
        }
    }
    return rows;
}

bool is_number_column(std::size_t column) {
    return column == 1 || column == 3 || column == 5;
}

} // namespace

Result<std::vector<JobView>> only_job(const std::vector<JobView> &jobs,
                                      const std::string &name) {
    std::vector<std::string> known;
    for (const auto &job : jobs) {
        if (job.job == name) return std::vector{job};
        known.push_back(job.job);
    }
    const std::string near = nearest(name, known);
    return cannot_run(fmt::format("there is no job '{}'", name),
                      known.empty()  ? "no job is running"
                      : near.empty() ? fmt::format("there are: {}", join(known, " "))
                                     : fmt::format("did you mean '{}'? there are: {}",
                                                   near, join(known, " ")));
}

std::string elapsed_text(double seconds) {
    const long all = std::max(0L, static_cast<long>(seconds));
    const long days = all / 86400, hours = all / 3600 % 24, minutes = all / 60 % 60;
    const std::string end = fmt::format("{:02}:{:02}", minutes, all % 60);
    if (days > 0) return fmt::format("{}-{:02}:{}", days, hours, end);
    return hours > 0 ? fmt::format("{}:{}", hours, end) : end;
}

std::string status_text(const ServerView &server, std::size_t jobs, double now) {
    return fmt::format("server  pid {}, pxrec {}, PMIx {}\n"
                       "host    {}\n"
                       "cores   {} of {} free\n"
                       "jobs    {}, {} waiting\n"
                       "up      {}\n",
                       server.pid, server.version, server.pmix, server.host,
                       server.free_cores, server.cores, fmt::format("{} running", jobs),
                       server.waiting, elapsed_text(now - server.started));
}

std::string ps_text(const std::vector<JobView> &jobs, double now) {
    const auto rows = rows_of(jobs, now);
    std::array<std::size_t, 7> widths{};
    for (const auto &row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths.at(i) = std::max(widths.at(i), row.at(i).size());
        }
    }
    std::string text;
    for (const auto &row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            text += is_number_column(i)
                        ? fmt::format("{:>{}}  ", row.at(i), widths.at(i))
                        : fmt::format("{:<{}}  ", row.at(i), widths.at(i));
        }
        text += row.back() + '\n';
    }
    return text;
}

} // namespace px::rec
