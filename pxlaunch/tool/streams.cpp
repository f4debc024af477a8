// streams.cpp - the job's output and input.
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/keys.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/session.h"

#include <fmt/format.h>
#include <pmix_tool.h>

namespace px::tool {

namespace {

void on_piece(std::size_t, pmix_iof_channel_t channel, pmix_proc_t *source,
              pmix_byte_object_t *bytes, pmix_info_t[], std::size_t) {
    if (bytes == nullptr || bytes->size == 0) return;
    const unsigned number = source->rank;
    const Source from{number >> pmix::key::child_shift,
                      static_cast<int>(number & ((1U << pmix::key::child_shift) - 1))};
    const auto to =
        (channel & PMIX_FWD_STDOUT_CHANNEL) != 0 ? Channel::out : Channel::err;
    post_to_session([from, to, text = std::string(bytes->bytes, bytes->size)](
                        Session &session) mutable {
        if (session.on_output) session.on_output(from, to, std::move(text));
    });
}

struct Pushed {
    std::string bytes;
    pmix_byte_object_t object{};
    pmix_proc_t target{};
    pmix::InfoList infos;
    std::function<void()> done;
};

} // namespace

void Session::pull(const std::string &nspace, Done done) {
    auto *answer = new Done([this, nspace, done = std::move(done)](Result<void> pulled) {
        // libpmix drops what arrives before it has registered our handler.
        if (pulled) begin_output(nspace);
        done(std::move(pulled));
    });
    const auto registered = [](pmix_status_t status, std::size_t, void *data) {
        const std::shared_ptr<Done> owned(static_cast<Done *>(data));
        post_to_session([owned, status](Session &) {
            if (status == PMIX_SUCCESS) return (*owned)({});
            (*owned)(cannot_run(fmt::format("cannot take the job's output: {}",
                                            pmix::status_text(status))));
        });
    };
    pmix_proc_t all = pmix::proc(nspace, PMIX_RANK_WILDCARD);
    const pmix_iof_channel_t channels =
        PMIX_FWD_STDOUT_CHANNEL | PMIX_FWD_STDERR_CHANNEL | PMIX_FWD_STDDIAG_CHANNEL;
    const auto status =
        PMIx_IOF_pull(&all, 1, nullptr, 0, channels, on_piece, registered, answer);
    if (status != PMIX_SUCCESS) registered(status, 0, answer);
}

void Session::push_input(const std::string &nspace, const job::Stdin &to,
                         std::string bytes, bool end, std::function<void()> done) {
    auto *pushed = new Pushed;
    pushed->bytes = std::move(bytes);
    pushed->object = {pushed->bytes.data(), pushed->bytes.size()};
    pushed->target = pmix::proc(nspace, to.to == job::StdinTo::all
                                            ? PMIX_RANK_WILDCARD
                                            : static_cast<pmix_rank_t>(to.rank));
    if (end) pushed->infos.flag(PMIX_IOF_COMPLETE, true);
    pushed->done = std::move(done);
    const auto taken = [](pmix_status_t, void *data) {
        const std::shared_ptr<Pushed> owned(static_cast<Pushed *>(data));
        post_to_session([owned](Session &) { owned->done(); });
    };
    const auto status =
        PMIx_IOF_push(&pushed->target, 1, &pushed->object, pushed->infos.data(),
                      pushed->infos.size(), taken, pushed);
    if (status != PMIX_SUCCESS) taken(status, pushed);
}

} // namespace px::tool
