// report.cpp - the report's document.
#include "pxlaunch/drive/report.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/drive/report_json.h"

#include <fmt/format.h>

#include <chrono>

namespace px::drive {

namespace {

Json json_apps(const std::vector<job::App> &apps) {
    Json list = Json::array();
    for (const job::App &app : apps) {
        list.push_back({{"argv", json_words(app.argv)},
                        {"np", app.np},
                        {"directory", json_word(app.directory)}});
    }
    return list;
}

Result<void> write(const std::string &path, const Json &document) {
    const auto written = replace_file(path, document.dump(2) + "\n", 0644);
    if (written) return {};
    return cannot_run(fmt::format("--report: {}", written.error().what),
                      "name a file in a directory that you may write to");
}

} // namespace

Json json_word(const std::string &word) {
    Json text = word;
    try {
        (void)text.dump();
        return text;
    } catch (const Json::exception &) {
        std::string hex;
        for (const char c : word)
            hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
        return {{"hex", hex}};
    }
}

Json json_words(const std::vector<std::string> &words) {
    Json list = Json::array();
    for (const std::string &word : words) list.push_back(json_word(word));
    return list;
}

Json json_rank(const job::RankEnd &end) {
    Json rank{{"rank", end.rank}, {"host", json_word(end.host)}, {"pid", end.pid}};
    rank["exit_code"] = end.signal == 0 ? Json(end.exit_code) : Json();
    rank["signal"] = end.signal != 0 ? Json(end.signal) : Json();
    rank["core_dumped"] = end.core_dumped;
    rank["started"] = end.started;
    rank["ended"] = end.ended;
    return rank;
}

Result<Report> Report::create(const std::string &path, const job::Spec &spec,
                              double started) {
    Report report;
    report.path_ = path;
    report.started_ = started;
    for (const job::App &app : spec.apps) {
        job::App &copy = report.apps_.emplace_back();
        copy.argv = app.argv;
        copy.np = app.np;
        copy.directory = app.directory;
    }
    const Json document{{"version", 1},
                        {"pxlaunch", PX_VERSION},
                        {"state", "started"},
                        {"job", nullptr},
                        {"started", started},
                        {"ended", nullptr},
                        {"status", nullptr},
                        {"timed_out", nullptr},
                        {"lost_runtime", nullptr},
                        {"first_failure", nullptr},
                        {"message", nullptr},
                        {"apps", json_apps(report.apps_)},
                        {"ranks", Json::array()}};
    PX_TRY(write(path, document));
    return report;
}

void Report::set_job(const std::string &name, const job::Spec &spec) {
    job_ = name;
    for (std::size_t i = 0; i < apps_.size() && i < spec.apps.size(); ++i) {
        apps_[i].np = spec.apps[i].np;
    }
}

Result<void> Report::finish(const job::JobResult &result, int status,
                            const std::string &message, double ended) {
    Json ranks = Json::array();
    for (const job::RankEnd &end : result.ranks) ranks.push_back(json_rank(end));
    const Json document{
        {"version", 1},
        {"pxlaunch", PX_VERSION},
        {"state", "ended"},
        {"job", job_.empty() ? Json() : json_word(job_)},
        {"started", started_},
        {"ended", ended},
        {"status", status},
        {"timed_out", result.timed_out},
        {"lost_runtime", result.lost_runtime},
        {"first_failure", result.first_failure < 0 ? Json() : Json(result.first_failure)},
        {"message", message.empty() ? Json() : json_word(message)},
        {"apps", json_apps(apps_)},
        {"ranks", ranks}};
    return write(path_, document);
}

} // namespace px::drive
