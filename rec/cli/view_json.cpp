// view_json.cpp - the documents of px.status and px.jobs, read and written.
#include "rec/cli/view.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace px::rec {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json &document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Error not_understood() {
    return cannot_run(
        "the server's answer is not understood",
        "is it of another version? 'pxrec down' of its own version ends it");
}

RankView rank_of(const Json &json) {
    return {json.at("rank"), json.at("host"), json.at("state"), json.at("pid"),
            json.at("started")};
}

JobView job_of(const Json &json) {
    JobView job{json.at("job"), json.at("command"), {}};
    for (const auto &rank : json.at("ranks")) job.ranks.push_back(rank_of(rank));
    return job;
}

} // namespace

Result<ServerView> read_server(const std::string &document) {
    try {
        const auto json = Json::parse(document);
        return ServerView{json.at("version"), json.at("pmix"),   json.at("host"),
                          json.at("pid"),     json.at("cores"),  json.at("free_cores"),
                          json.at("waiting"), json.at("started")};
    } catch (const Json::exception &) {
        return not_understood();
    }
}

Result<std::vector<JobView>> read_jobs(const std::string &document) {
    try {
        std::vector<JobView> jobs;
        for (const auto &job : Json::parse(document)) jobs.push_back(job_of(job));
        return jobs;
    } catch (const Json::exception &) {
        return not_understood();
    }
}

// Without the address: the answer may end up in a log that others read.
std::string status_json(const ServerView &server, std::size_t jobs,
                        const std::string &log) {
    return text_of({{"version", 1},
                    {"pid", server.pid},
                    {"pxrec", server.version},
                    {"pmix", server.pmix},
                    {"host", server.host},
                    {"cores", server.cores},
                    {"free_cores", server.free_cores},
                    {"jobs", jobs},
                    {"waiting", server.waiting},
                    {"started", server.started},
                    {"log", log}});
}

std::string ps_json(const std::vector<JobView> &jobs) {
    Json list = Json::array();
    for (const auto &job : jobs) {
        Json ranks = Json::array();
        for (const auto &rank : job.ranks) {
            ranks.push_back({{"rank", rank.rank},
                             {"host", rank.host},
                             {"pid", rank.pid},
                             {"state", rank.state},
                             {"started", rank.started}});
        }
        list.push_back({{"job", job.job}, {"command", job.command}, {"ranks", ranks}});
    }
    return text_of({{"version", 1}, {"jobs", list}});
}

} // namespace px::rec
