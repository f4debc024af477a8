// session.cpp - attaching, and what the server tells us unasked.
#include "pxlaunch/tool/session.h"

#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/foreign.h"
#include "pxlaunch/tool/job_end.h"
#include "pxlaunch/tool/wire.h"

#include <fmt/format.h>
#include <pmix_tool.h>

#include <atomic>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace px::tool {

namespace {

// We send several small messages in a row: with Nagle's algorithm the second waits up to
// 40 ms for the acknowledgement of the first. No function of PMIx gives the descriptor.
void send_at_once() {
    constexpr int enough = 64; // libpmix's socket is among the first descriptors
    for (int fd = 3; fd < enough; ++fd) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        const int one = 1;
        if (::getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &size) != 0) continue;
        if (peer.ss_family != AF_INET && peer.ss_family != AF_INET6) continue;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
}

std::atomic<Session *> the_session{nullptr};
std::atomic<Loop *> the_loop{nullptr};

void on_event(std::size_t, pmix_status_t status, const pmix_proc_t *, pmix_info_t infos[],
              std::size_t count, pmix_info_t *, std::size_t,
              pmix_event_notification_cbfunc_fn_t answer, void *data) {
    const pmix::InfoView view(infos, count);
    if (status == PMIX_EVENT_JOB_END) {
        const auto about = view.proc(PMIX_EVENT_AFFECTED_PROC);
        const std::string nspace = about ? about->nspace : "";
        post_to_session([nspace, result = read_job_end(view)](Session &session) {
            session.take_job_end(nspace, result);
        });
    } else {
        post_to_session([](Session &session) {
            if (session.on_lost) session.on_lost();
        });
    }
    if (answer != nullptr) {
        answer(PMIX_EVENT_ACTION_COMPLETE, nullptr, 0, nullptr, nullptr, data);
    }
}

} // namespace

void post_to_session(std::function<void(Session &)> act) {
    Loop *loop = the_loop;
    if (loop == nullptr) return;
    loop->post([act = std::move(act)] {
        if (Session *session = the_session) act(*session);
    });
}

Result<std::unique_ptr<Session>> Session::attach(Loop &loop, const AttachTo &to) {
    std::unique_ptr<Session> session(new Session(loop));
    PX_TRY(session->initialize(to));
    the_session = session.get();
    the_loop = &loop;
    return session;
}

namespace {

// What a thread of its own does, because libpmix waits for ever for a server that does
// not answer. Past the deadline the thread is left behind: the caller ends the process.
struct Attempt {
    std::string uri;
    Pipe over;                         // its end is closed when all below is final
    std::atomic<bool> finished{false}; // what C++ knows of that
    pmix_proc_t self{};
    pmix_status_t attached = PMIX_ERROR, listening = PMIX_ERROR;

    void run() {
        pmix::InfoList infos;
        infos.text(PMIX_SERVER_URI, uri).flag(PMIX_IOF_LOCAL_OUTPUT, false);
        attached = PMIx_tool_init(&self, infos.data(), infos.size());
        if (attached == PMIX_SUCCESS) {
            send_at_once();
            pmix_status_t codes[] = {PMIX_EVENT_JOB_END, PMIX_ERR_LOST_CONNECTION};
            pmix::InfoList name;
            name.text(PMIX_EVENT_HDLR_NAME, "pxlaunch");
            listening = PMIx_Register_event_handler(codes, 2, name.data(), name.size(),
                                                    on_event, nullptr, nullptr);
        }
        finished = true;
        over.write.reset();
    }
};

Result<void> outcome(const Attempt &attempt) {
    if (!attempt.finished || attempt.attached != PMIX_SUCCESS) {
        return cannot_run(fmt::format("cannot attach to the PMIx server at '{}': {}",
                                      attempt.uri,
                                      attempt.attached == PMIX_ERR_UNREACH
                                          ? "it does not take the connection"
                                          : pmix::status_text(attempt.attached)),
                          "the server may have ended, or belong to another user; --probe "
                          "shows what is here");
    }
    PX_TRY(check_name(attempt.uri, attempt.self.nspace));
    if (attempt.listening >= 0) return {};
    return cannot_run(fmt::format("cannot listen for job ends: {}",
                                  pmix::status_text(attempt.listening)));
}

} // namespace

Result<void> Session::initialize(const AttachTo &to) {
    own_ = to.nspace.starts_with(pmix::key::server_prefix);
    if (!own_ && to.guarded) guardian_ = PX_TRY(Guardian::start(to));
    take_over_reading();
    pmix::choose_wire_format(to.pmix_version);
    auto attempt = std::make_shared<Attempt>();
    attempt->uri = to.uri;
    attempt->over = PX_TRY(make_pipe());
    try {
        std::thread([attempt] { attempt->run(); }).detach();
    } catch (const std::system_error &failed) {
        return start_error("cannot start a thread", failed.code().value());
    }
    switch (wait_for(attempt->over.read.get(), to.patience)) {
    case Waited::interrupted:
        return cannot_run("interrupted");
    case Waited::late:
        return cannot_run(
            fmt::format("the PMIx server at '{}' does not answer", to.uri),
            "is it stopped or overloaded? --start-timeout allows it more time");
    case Waited::ready:
        break;
    }
    PX_TRY(outcome(*attempt));
    self_ = attempt->self.nspace;
    server_ = to.nspace;
    return {};
}

void Session::nothing_runs() {
    if (guardian_) guardian_->release();
}

void Session::end_guardian() {
    if (guardian_) guardian_->reap();
}

Session::~Session() {
    the_session = nullptr;
    the_loop = nullptr;
}

} // namespace px::tool
