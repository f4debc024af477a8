// query.cpp - PMIx_Query: PMIx's own keys that launchers and tools ask for, and ours.
#include "pxlaunch/pmix/compat.h"
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "rec/server/describe.h"
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/upcalls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <cstring>

namespace px::server {

namespace {

namespace key = pmix::key;

struct Question {
    std::string key;
    // The job it is about, or the tool that asks: the caller's own name does not reach
    // us, 4.2.2 puts the server's in its place.
    std::string nspace;
};

// Answers keep to the loop's thread; libpmix copies them before it calls `release`.
using Answers = std::shared_ptr<pmix::InfoList>;

std::string all_namespaces(const Host &host) {
    std::string list;
    for (const auto &job : host.jobs.jobs()) {
        if (!job->ended) list += (list.empty() ? "" : ",") + job->nspace;
    }
    return list;
}

pmix_proc_info_t describe_rank(const jobs::Job &job, std::size_t number) {
    const auto &rank = job.ranks[number];
    const auto &app =
        job.asked.spec.apps[static_cast<std::size_t>(job.layout.ranks[number].app)];
    pmix_proc_info_t info;
    PMIX_PROC_INFO_CONSTRUCT(&info);
    info.proc = pmix::proc(job.nspace, static_cast<pmix_rank_t>(number));
    info.hostname = ::strdup(rank.end.host.c_str());
    info.executable_name = ::strdup(app.argv.front().c_str());
    info.pid = rank.pid;
    info.exit_code = rank.end.status();
    info.state = rank.reaped      ? PMIX_PROC_STATE_TERMINATED
                 : rank.connected ? PMIX_PROC_STATE_CONNECTED
                                  : PMIX_PROC_STATE_RUNNING;
    return info;
}

std::string describe_counts(const jobs::Job &job) {
    std::vector<int> counts(job.asked.spec.apps.size());
    for (const auto &place : job.layout.ranks)
        ++counts[static_cast<std::size_t>(place.app)];
    return fmt::format("{}", fmt::join(counts, " "));
}

void add_proc_table(const jobs::Job &job, const char *name, pmix::InfoList &answers) {
    std::vector<pmix_proc_info_t> table;
    for (std::size_t i = 0; i < job.ranks.size(); ++i)
        table.push_back(describe_rank(job, i));
    pmix_data_array_t array{PMIX_PROC_INFO, table.size(), table.data()};
    answers.pointer(name, &array, PMIX_DATA_ARRAY);
    for (auto &info : table) PMIX_PROC_INFO_DESTRUCT(&info);
}

void add_error(const std::string &tool, pmix::InfoList &answers) {
    const auto &errors = Host::current().last_errors;
    const auto found = errors.find(tool);
    if (found == errors.end()) return;
    answers.integer(key::exit, static_cast<int>(found->second.exit))
        .text(key::what, found->second.what)
        .text(key::hint, found->second.hint);
}

// An event is news, not a fact: a client that missed it must be able to ask.
void add_end_of(const std::string &nspace, pmix::InfoList &answers) {
    for (const auto &ended : Host::current().ended_jobs) {
        if (ended.nspace == nspace) add_end(ended.result, answers);
    }
}

void add_about_server(const Question &question, pmix::InfoList &answers) {
    Host &host = Host::current();
    if (question.key == key::end) add_end_of(question.nspace, answers);
    if (question.key == key::error) add_error(question.nspace, answers);
    if (question.key == key::jobs) answers.text(key::jobs, describe_jobs(host));
    if (question.key == key::status) answers.text(key::status, describe_server(host));
    if (question.key == key::waiting)
        answers.text(key::waiting, describe_wait(host, {question.nspace, 0}));
    if (question.key == PMIX_QUERY_NAMESPACES) {
        answers.text(PMIX_QUERY_NAMESPACES, all_namespaces(host));
    }
    if (question.key == PMIX_QUERY_SPAWN_SUPPORT) {
        answers.text(PMIX_QUERY_SPAWN_SUPPORT, "host,mapby,rankby,bindto,wdir");
    }
#ifdef PMIX_QUERY_AVAILABLE_SLOTS
    if (question.key == PMIX_QUERY_AVAILABLE_SLOTS) {
        answers.u32(PMIX_QUERY_AVAILABLE_SLOTS,
                    static_cast<std::uint32_t>(host.pool.free_cores()));
    }
#endif
}

void add_about_job(const Question &question, const jobs::Job &job,
                   pmix::InfoList &answers) {
    if (question.key == PMIX_JOB_SIZE) {
        answers.u32(PMIX_JOB_SIZE, static_cast<std::uint32_t>(job.ranks.size()));
    }
    if (question.key == key::layout) {
        answers.text(key::layout, Host::current().pool.picture(job.layout));
    }
    if (question.key == key::counts) answers.text(key::counts, describe_counts(job));
    for (const char *table : {PMIX_QUERY_PROC_TABLE, PMIX_QUERY_LOCAL_PROC_TABLE}) {
        if (question.key == table) add_proc_table(job, table, answers);
    }
}

void release(void *data) { delete static_cast<Answers *>(data); }

void answer_all(const std::vector<Question> &questions, pmix_info_cbfunc_t answer,
                void *data) {
    Host &host = Host::current();
    auto answers = std::make_shared<pmix::InfoList>();
    for (const auto &question : questions) {
        add_about_server(question, *answers);
        if (const auto *job = host.jobs.find(question.nspace)) {
            add_about_job(question, *job, *answers);
        }
    }
    on_pmix_thread([answers, answer, data] {
        if (answers->size() == 0) {
            return answer(PMIX_ERR_NOT_FOUND, nullptr, 0, data, nullptr, nullptr);
        }
        answer(PMIX_SUCCESS, answers->data(), answers->size(), data, release,
               new Answers(answers));
    });
}

} // namespace

pmix_status_t on_query(pmix_proc_t *, pmix_query_t *queries, size_t count,
                       pmix_info_cbfunc_t answer, void *data) {
    std::vector<Question> questions;
    for (size_t i = 0; i < count; ++i) {
        const pmix::InfoView view(queries[i].qualifiers, queries[i].nqual);
        for (const auto &name : pmix::from_argv(queries[i].keys)) {
            questions.push_back({name, view.text(PMIX_NSPACE).value_or("")});
        }
    }
    Host::current().loop.post([=] { answer_all(questions, answer, data); });
    return PMIX_SUCCESS;
}

} // namespace px::server
