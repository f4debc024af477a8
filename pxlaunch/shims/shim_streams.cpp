// shim_streams.cpp - output, input and signals between the driver and the shims.
#include "pxlaunch/shims/shim_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

namespace px::shims {

namespace {
constexpr std::size_t window = 8 << 20; // bytes that the driver has not yet written
} // namespace

// The server's output, in which bare ranks report, is pulled as soon as the job is there.
void ShimRuntime::pull(const std::string &, Done done) {
    on_pulled_ = std::move(done);
    hand_over_if_wanted();
}

// Where every rank has a shim that talks to us, nothing of it is waited for.
void ShimRuntime::hand_over_if_wanted() {
    const bool needs_server = any_bare_ || !judge_.all_arrived();
    if (!on_pulled_ || (needs_server && !server_pulled_)) return;
    hand_over_early_output();
    std::exchange(on_pulled_, {})(server_pulled_.value_or(Result<void>()));
    start_if_complete();
}

void ShimRuntime::hand_over(tool::Source from, tool::Channel channel, std::string bytes) {
    if (bytes.empty()) return;
    if (pulled_) return on_output ? on_output(from, channel, std::move(bytes)) : void();
    early_output_.push_back({from, channel, std::move(bytes)});
}

void ShimRuntime::hand_over_early_output() {
    pulled_ = true;
    for (auto &piece : std::exchange(early_output_, {}))
        hand_over(piece.from, piece.channel, std::move(piece.bytes));
}

// What is not read here waits in the shims, and then in the ranks.
void ShimRuntime::count_output(std::size_t bytes) {
    unacknowledged_ += bytes;
    if (paused_ || unacknowledged_ < window) return;
    paused_ = true;
    for (const auto &each : members_) {
        if (each->stream) each->stream->read(false);
    }
}

void ShimRuntime::acknowledge(const std::string &, unsigned long long bytes) {
    unacknowledged_ -= std::min<std::size_t>(unacknowledged_, bytes);
    if (!paused_ || unacknowledged_ > window / 2) return;
    paused_ = false;
    for (const auto &each : members_) {
        if (each->stream) each->stream->read(true);
    }
}

void ShimRuntime::push_input(const std::string &nspace, const job::Stdin &to,
                             std::string bytes, bool end, std::function<void()> done) {
    if (!started_) { // for ranks whose shims have not all arrived
        early_input_.push_back([this, nspace, to, bytes = std::move(bytes), end,
                                done = std::move(done)]() mutable {
            push_input(nspace, to, std::move(bytes), end, std::move(done));
        });
        return;
    }
    // The last that lets go of it answers the sender.
    const std::shared_ptr<void> answer(nullptr, [done](void *) { done(); });
    for (const auto &each : members_) {
        const bool wanted = to.to == job::StdinTo::all || to.rank == each->hello.rank;
        if (!wanted || !each->stream) continue;
        if (!bytes.empty()) {
            each->stream->send(channel::Kind::in, bytes);
            each->untaken.push_back(answer);
        }
        if (end) each->stream->send(channel::Kind::in_end);
    }
    if (!any_bare_ && judge_.all_arrived()) return;
    server_.push_input(nspace, to, std::move(bytes), end, [answer] {});
}

void ShimRuntime::signal(const std::string &nspace, int number, Done done) {
    const bool ends = number == SIGTERM || number == SIGINT || number == SIGHUP;
    if (!started_ && ends) kill(nspace); // no rank is there to be asked
    send_all(channel::Kind::signal, fmt::format("{}", number));
    if (any_bare_ || !judge_.all_arrived())
        return server_.signal(nspace, number, std::move(done));
    // It is on its way; nothing comes back.
    if (done) loop_.post([done = std::move(done)] { done({}); });
}

void ShimRuntime::signal_rank(int rank, int number) {
    Member *to = member(rank);
    if (to == nullptr || !to->stream) return;
    to->stream->send(channel::Kind::signal, fmt::format("{}", number));
}

void ShimRuntime::set_window(const std::string &, int rows, int columns) {
    if (Member *first = member(0); first != nullptr && first->stream) {
        first->stream->send(channel::Kind::window, fmt::format("{} {}", rows, columns));
    }
}

// All shims look at once. A bare rank's hears nothing of us.
void ShimRuntime::print_stacks(const std::string &, Done done) {
    std::set<int> asked;
    for (const auto &each : members_) {
        if (!each->stream) continue;
        asked.insert(each->hello.rank);
        each->stream->send(channel::Kind::trace);
    }
    traces_.wait_for(std::move(asked), std::move(done));
}

void ShimRuntime::query(const std::vector<std::string> &keys, const std::string &nspace,
                        Answered done) {
    if (keys == std::vector<std::string>{"px.waiting"}) {
        return loop_.post([this, done = std::move(done)] {
            done(Answers{{"px.waiting", waits_for_}});
        });
    }
    if (keys == std::vector<std::string>{"px.layout"}) {
        on_layout_ = std::move(done);
        return start_if_complete();
    }
    if (keys == std::vector<std::string>{"px.counts"}) {
        return server_.query(
            {"pmix.job.size"}, nspace, [done = std::move(done)](Result<Answers> answers) {
                if (!answers) return done(std::move(answers).error());
                done(Answers{{"px.counts", (*answers)["pmix.job.size"]}});
            });
    }
    server_.query(keys, nspace, std::move(done));
}

} // namespace px::shims
