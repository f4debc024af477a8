#pragma once
// What a server tells of itself and of its jobs: its JSON documents as values, and these
// as tables for people.

#include "pxlaunch/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::rec {

struct ServerView {
    std::string version, pmix, host;
    long pid = 0;
    int cores = 0, free_cores = 0, waiting = 0;
    double started = 0; // seconds since the epoch
};
Result<ServerView> read_server(const std::string &document);

struct RankView {
    int rank = 0;
    std::string host, state;
    long pid = 0;
    double started = 0;
};
struct JobView {
    std::string job;
    std::vector<std::string> command;
    std::vector<RankView> ranks;
};
Result<std::vector<JobView>> read_jobs(const std::string &document);

// Those of that name; an Error names the nearest, or all that there are.
Result<std::vector<JobView>> only_job(const std::vector<JobView> &jobs,
                                      const std::string &name);

// "00:07", "1:02:03", "2-03:04:05", as ps writes it.
std::string elapsed_text(double seconds);
std::string status_text(const ServerView &server, std::size_t jobs, double now);
std::string ps_text(const std::vector<JobView> &jobs, double now);

// The same for scripts, with a version number.
std::string status_json(const ServerView &server, std::size_t jobs,
                        const std::string &log);
std::string ps_json(const std::vector<JobView> &jobs);

} // namespace px::rec
