// shim_runtime.cpp - from the spawn to the moment when all ranks start.
#include "pxlaunch/shims/shim_runtime.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/job/rank_environment.h"
#include "pxlaunch/tool/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace px::shims {

namespace {

// After the server has said that all shims run: a shim gives up after 2 s itself.
constexpr Milliseconds arrival_patience{4000};
constexpr const char *job_size = "pmix.job.size"; // PMIX_JOB_SIZE

} // namespace

ShimRuntime::ShimRuntime(Loop &loop, tool::Runtime &server, std::string wrapper,
                         std::string host)
    : loop_(loop), server_(server), wrapper_(std::move(wrapper)), host_(std::move(host)),
      patience_(arrival_patience) {
    server_.on_output = [this](tool::Source from, tool::Channel channel,
                               std::string bytes) {
        take_server_output(from, channel, std::move(bytes));
    };
    server_.on_job_end = [this](job::JobResult result) {
        server_ended_ = true;
        judge_.server_ended(std::move(result));
        if (!facts_.empty()) server_left();
        settle();
    };
    server_.on_lost = [this] { server_lost(); };
}

ShimRuntime::~ShimRuntime() {
    for (const auto timer : {arrival_timer_, breath_timer_, grace_timer_, end_timer_,
                             left_timer_, keeper_timer_, saving_timer_})
        loop_.cancel(timer);
    server_.on_output = {};
    server_.on_job_end = {};
    server_.on_lost = {};
}

void ShimRuntime::spawn(const job::Spec &spec, const tool::SpawnExtras &extras,
                        Spawned done) {
    spec_ = spec;
    map_only_ = extras.map_only;
    judge_ = Judge(spec.limits.on_failure);
    get_slots([this, extras, done = std::move(done)](Result<void> granted) {
        if (!granted) return done(std::move(granted).error());
        spawn_shims(extras, done);
    });
}

void ShimRuntime::spawn_shims(const tool::SpawnExtras &extras, const Spawned &done) {
    allow_all_descriptors(); // one for each shim
    auto opened = channel::Listener::open(
        loop_, [this](std::unique_ptr<channel::Stream> stream, channel::Hello hello) {
            arrived(std::move(stream), std::move(hello));
        });
    if (!opened) return done(std::move(opened).error());
    listener_ = std::move(*opened);
    const Report report{listener_->secret(), host_, listener_->addresses()};
    const bool seated = !facts_.empty();
    const auto shimmed = under_shims(spec_, wrapper_, report, extras, seated);
    // The server starts the shims even so: where they are is where the ranks would be.
    tool::SpawnExtras to_server = extras;
    to_server.map_only = false;
    server_.spawn(shimmed, to_server, [this, done](Result<std::string> nspace) {
        spawned(std::move(nspace), done);
    });
}

void ShimRuntime::spawned(Result<std::string> nspace, const Spawned &done) {
    if (!nspace) {
        for (const auto &each : members_) each->stream.reset();
        return done(std::move(nspace));
    }
    nspace_ = *nspace;
    spec_.is_counted() ? judge_.expect(spec_.np()) : ask_size();
    server_.pull(nspace_, [this](Result<void> pulled) {
        server_pulled_ = std::move(pulled);
        hand_over_if_wanted();
    });
    done(std::move(nspace));
    arrival_timer_ = loop_.after(patience_, [this] {
        if (!facts_.empty()) return give_up_waiting();
        judge_.gone_without_shim();
        answer_layout();
        if (judge_.any_refused() && !any_bare_) return settle();
        if (!map_only_) start();
    });
    start_if_complete();
    settle();
}

// Of a ppr pattern without -n.
void ShimRuntime::ask_size() {
    server_.query({job_size}, nspace_, [this](Result<Answers> answers) {
        const auto size = answers ? parse_number((*answers)[job_size]) : Result<long>(0L);
        if (!size || *size <= 0 || started_) return;
        judge_.expect(static_cast<int>(*size));
        start_if_complete();
    });
}

void ShimRuntime::arrived(std::unique_ptr<channel::Stream> stream, channel::Hello hello) {
    const bool late = started_ || finished_ || member(hello.rank) != nullptr;
    if (late || hello.protocol < 1) return; // hung up on: it runs its rank bare, or ends
    members_.push_back(std::make_unique<Member>());
    Member &made = *members_.back();
    made.hello = std::move(hello);
    made.stream = std::move(stream);
    channel::Stream::Events events;
    events.frame = [this, &made](channel::Frame frame) {
        on_frame(made, std::move(frame));
    };
    events.closed = [this, &made](int error_number) { on_closed(made, error_number); };
    made.stream->handle(std::move(events));
    made.stream->send(channel::Kind::welcome);
    if (released_) return made.stream->send(channel::Kind::release); // it starts nothing
    judge_.arrived(made.hello.rank, made.hello.host);
    note_place(made.hello);
    if (on_arrival) on_arrival(made.hello);
    if (made.hello.refused) {
        judge_.refused(made.hello.rank, *made.hello.refused);
        return settle();
    }
    start_if_complete();
}

void ShimRuntime::start_if_complete() {
    hand_over_if_wanted();
    if (judge_.all_arrived()) answer_layout();
    if (judge_.any_refused() && !any_bare_) return settle(); // then no rank starts
    if (pulled_ && judge_.all_arrived()) start();
}

namespace {

// Nodes in the order of the lowest rank on each.
struct Nodes {
    std::map<std::string, int> number;
    std::map<std::string, int> size;
};

} // namespace

void ShimRuntime::start() {
    if (started_ || released_) return;
    started_ = true;
    loop_.cancel(arrival_timer_);
    std::sort(members_.begin(), members_.end(), [](const auto &one, const auto &other) {
        return one->hello.rank < other->hello.rank;
    });
    const auto facts = this->facts();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        job::Environment env;
        job::add_rank_environment(facts[i], env);
        std::string entries;
        for (const auto &entry : env) (entries += entry) += '\0';
        if (members_[i]->stream) members_[i]->stream->send(channel::Kind::go, entries);
    }
    for (const auto &push : std::exchange(early_input_, {})) push();
    settle();
}

std::vector<job::RankFacts> ShimRuntime::facts() const {
    if (!facts_.empty()) return facts_; // all are here, in the order of their ranks
    Nodes nodes;
    for (const auto &each : members_) {
        const auto next = static_cast<int>(nodes.number.size());
        nodes.number.emplace(each->hello.host, next);
        ++nodes.size[each->hello.host];
    }
    std::map<std::string, int> seen;
    std::vector<job::RankFacts> all;
    for (const auto &each : members_) {
        const std::string &host = each->hello.host;
        job::RankFacts facts;
        facts.job = nspace_;
        facts.rank = each->hello.rank;
        facts.size = std::max(spec_.np(), static_cast<int>(members_.size()));
        facts.local_rank = seen[host]++;
        facts.local_size = nodes.size[host];
        facts.node = nodes.number[host];
        facts.nodes = static_cast<int>(nodes.number.size());
        facts.app_rank = place_in(spec_, facts.rank).rank;
        facts.bound = !tool::foreign_placement(spec_).bind.none;
        all.push_back(facts);
    }
    return all;
}

ShimRuntime::Member *ShimRuntime::member(int rank) {
    const auto found =
        std::find_if(members_.begin(), members_.end(),
                     [rank](const auto &each) { return each->hello.rank == rank; });
    return found == members_.end() ? nullptr : found->get();
}

bool ShimRuntime::any_open() const {
    return std::any_of(members_.begin(), members_.end(),
                       [](const auto &each) { return each->stream != nullptr; });
}

void ShimRuntime::send_all(channel::Kind kind, std::string_view body) {
    for (const auto &each : members_) {
        if (each->stream) each->stream->send(kind, body);
    }
}

} // namespace px::shims
