// control.cpp - signals and other orders to a running job, and queries.
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/job_end.h"
#include "pxlaunch/tool/session.h"

#include <fmt/format.h>
#include <pmix_tool.h>

namespace px::tool {

namespace {

struct Order {
    pmix_proc_t target{};
    pmix::InfoList infos;
    Session::Done done;
};

// Always with a target: without one PRRTE ends its whole DVM.
void send(std::unique_ptr<Order> order, const std::string &nspace) {
    order->target = pmix::proc(nspace, PMIX_RANK_WILDCARD);
    const auto answered = [](pmix_status_t status, pmix_info_t *, std::size_t, void *data,
                             pmix_release_cbfunc_t release, void *release_data) {
        const std::shared_ptr<Order> owned(static_cast<Order *>(data));
        post_to_session([owned, status](Session &) {
            if (!owned->done) return;
            if (status == PMIX_SUCCESS) return owned->done({});
            owned->done(cannot_run(
                fmt::format("the server refused: {}", pmix::status_text(status))));
        });
        if (release != nullptr) release(release_data);
    };
    Order *kept = order.release();
    const auto status = PMIx_Job_control_nb(&kept->target, 1, kept->infos.data(),
                                            kept->infos.size(), answered, kept);
    if (status != PMIX_SUCCESS) answered(status, nullptr, 0, kept, nullptr, nullptr);
}

struct Asked {
    pmix_query_t *query = nullptr;
    std::function<void(Result<Session::Answers>)> done;
    std::string nspace;

    Asked(const std::vector<std::string> &keys, const std::string &about)
        : nspace(about) {
        PMIX_QUERY_CREATE(query, 1);
        query->keys = pmix::to_argv(keys);
        PMIX_INFO_CREATE(query->qualifiers, 1);
        query->nqual = 1;
        PMIX_INFO_LOAD(&query->qualifiers[0], PMIX_NSPACE, about.c_str(), PMIX_STRING);
    }
    Asked(const Asked &) = delete;
    Asked &operator=(const Asked &) = delete;
    ~Asked() {
        if (query != nullptr) PMIX_QUERY_FREE(query, 1);
    }
};

Session::Answers read_answers(const pmix_info_t *infos, std::size_t count) {
    Session::Answers answers;
    const pmix::InfoView view(infos, count);
    for (const auto &info : view) {
        if (const auto text = view.text(info.key)) answers[info.key] = *text;
        if (const auto number = view.number(info.key)) {
            answers[info.key] = fmt::format("{}", *number);
        }
    }
    return answers;
}

} // namespace

void Session::signal(const std::string &nspace, int number, Done done) {
    auto order = std::make_unique<Order>();
    order->done = std::move(done);
    order->infos.integer(PMIX_JOB_CTRL_SIGNAL, number);
    send(std::move(order), nspace);
}

void Session::kill(const std::string &nspace) { end_job(nspace, {}); }

void Session::end_job(const std::string &nspace, Done done) {
    auto order = std::make_unique<Order>();
    order->done = std::move(done);
    order->infos.flag(PMIX_JOB_CTRL_KILL, true);
    send(std::move(order), nspace);
}

void Session::begin_output(const std::string &nspace) {
    if (!own_) return;
    auto order = std::make_unique<Order>();
    order->infos.flag(pmix::key::begin, true);
    send(std::move(order), nspace);
}

void Session::acknowledge(const std::string &nspace, unsigned long long bytes) {
    if (!own_) return;
    auto order = std::make_unique<Order>();
    order->infos.u64(pmix::key::ack, bytes);
    send(std::move(order), nspace);
}

void Session::set_window(const std::string &nspace, int rows, int columns) {
    if (!own_) return;
    auto order = std::make_unique<Order>();
    order->infos.text(pmix::key::winsize, fmt::format("{} {}", rows, columns));
    send(std::move(order), nspace);
}

void Session::print_stacks(const std::string &nspace, Done done) {
    auto order = std::make_unique<Order>();
    order->infos.flag(pmix::key::stacks, true);
    order->done = std::move(done);
    send(std::move(order), nspace);
}

void Session::query(const std::vector<std::string> &keys, const std::string &nspace,
                    std::function<void(Result<Answers>)> done) {
    // The server does not learn who asks (4.2.2): questions about us say so.
    auto *asked = new Asked(keys, nspace.empty() ? self_ : nspace);
    asked->done = std::move(done);
    const auto answered = [](pmix_status_t status, pmix_info_t *infos, std::size_t count,
                             void *data, pmix_release_cbfunc_t release,
                             void *release_data) {
        const std::shared_ptr<Asked> owned(static_cast<Asked *>(data));
        const auto answers = read_answers(infos, count);
        if (release != nullptr) release(release_data);
        post_to_session([owned, status, answers](Session &) {
            if (!answers.empty()) return owned->done(answers);
            owned->done(cannot_run(fmt::format("the server does not answer this: {}",
                                               pmix::status_text(status))));
        });
    };
    const auto status = PMIx_Query_info_nb(asked->query, 1, answered, asked);
    if (status != PMIX_SUCCESS) answered(status, nullptr, 0, asked, nullptr, nullptr);
}

void Session::ask_end(const std::string &nspace) {
    if (!own_) return;
    auto *asked = new Asked({pmix::key::end}, nspace);
    const auto answered = [](pmix_status_t status, pmix_info_t *infos, std::size_t count,
                             void *data, pmix_release_cbfunc_t release,
                             void *release_data) {
        const std::shared_ptr<Asked> owned(static_cast<Asked *>(data));
        const pmix::InfoView view(infos, count);
        if (status == PMIX_SUCCESS && view.has(PMIX_EXIT_CODE)) {
            post_to_session([owned, result = read_job_end(view)](Session &session) {
                session.take_job_end(owned->nspace, result);
            });
        }
        if (release != nullptr) release(release_data);
    };
    const auto status = PMIx_Query_info_nb(asked->query, 1, answered, asked);
    if (status != PMIX_SUCCESS) answered(status, nullptr, 0, asked, nullptr, nullptr);
}

} // namespace px::tool
