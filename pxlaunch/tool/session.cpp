// session.cpp - attaching, and what the server tells us unasked.
#include "pxlaunch/tool/session.h"

#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/job_end.h"

#include <fmt/format.h>
#include <pmix_tool.h>

#include <atomic>
#include <future>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
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
    PX_TRY(session->listen());
    return session;
}

// PMIx_tool_init waits for ever for a server that does not answer, so it waits in a thread
// of its own. Past the deadline the thread is left behind: the caller ends the process.
Result<void> Session::initialize(const AttachTo &to) {
    struct Attempt {
        std::promise<pmix_status_t> status;
        pmix_proc_t self{};
        std::string uri;
    };
    pmix::choose_wire_format(to.pmix_version);
    auto attempt = std::make_shared<Attempt>();
    attempt->uri = to.uri;
    auto answer = attempt->status.get_future();
    std::thread([attempt] {
        pmix::InfoList infos;
        infos.text(PMIX_SERVER_URI, attempt->uri).flag(PMIX_IOF_LOCAL_OUTPUT, false);
        attempt->status.set_value(
            PMIx_tool_init(&attempt->self, infos.data(), infos.size()));
    }).detach();
    if (answer.wait_for(to.deadline) != std::future_status::ready) {
        return cannot_run(fmt::format("the PMIx server at '{}' does not answer", to.uri),
                          "is it stopped or overloaded? --start-timeout allows it more time");
    }
    const auto status = answer.get();
    if (status != PMIX_SUCCESS) {
        return cannot_run(
            fmt::format("cannot attach to the PMIx server at '{}': {}", to.uri,
                        status == PMIX_ERR_UNREACH ? "it does not take the connection"
                                                   : pmix::status_text(status)),
            "the server may have ended, or belong to another user; --probe shows what is here");
    }
    send_at_once();
    self_ = attempt->self.nspace;
    server_ = to.uri.substr(0, to.uri.find('.'));
    own_ = server_.starts_with(pmix::key::server_prefix);
    return {};
}

Result<void> Session::listen() {
    pmix_status_t codes[] = {PMIX_EVENT_JOB_END, PMIX_ERR_LOST_CONNECTION};
    pmix::InfoList infos;
    infos.text(PMIX_EVENT_HDLR_NAME, "pxlaunch");
    const auto status = PMIx_Register_event_handler(codes, 2, infos.data(), infos.size(),
                                                    on_event, nullptr, nullptr);
    if (status >= 0) return {};
    return cannot_run(
        fmt::format("cannot listen for job ends: {}", pmix::status_text(status)));
}

Session::~Session() {
    the_session = nullptr;
    the_loop = nullptr;
}

} // namespace px::tool
