// shim_slots.cpp - asking the keeper of a DVM for slots before PRRTE is asked for a job.
#include "pxlaunch/shims/shim_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace px::shims {

namespace {

constexpr int all_slots = 1'000'000'000;

// How many a pattern without -n will take only the server knows: then it is all.
int wanted_slots(const job::Spec &spec, bool per_core) {
    if (!spec.is_counted()) return all_slots;
    int sum = 0;
    for (const auto &app : spec.apps)
        sum += app.np * (per_core ? std::max(app.cpus_per_rank, 1) : 1);
    return std::max(sum, 1);
}

} // namespace

void ShimRuntime::ask_for_slots(Report keeper, bool per_core) {
    keeper_ = std::move(keeper);
    slots_are_cores_ = per_core;
}

void ShimRuntime::get_slots(std::function<void(Result<void>)> done) {
    if (keeper_.addresses.empty()) return done({});
    on_granted_ = std::move(done);
    ask_keeper();
}

void ShimRuntime::ask_keeper() {
    dialer_ = std::make_unique<channel::Dialer>(
        loop_, keeper_.addresses, keeper_.host, hello_to(keeper_, host_),
        [this](std::unique_ptr<channel::Stream> stream) {
            if (stream) return wait_for_slots(std::move(stream));
            // It is busy, and others have slots: the start's own deadline counts.
            if (dialer_->met_silence()) {
                keeper_timer_ = loop_.after(Milliseconds(0), [this] { ask_keeper(); });
                return;
            }
            // Nobody there: the DVM's own word is enough for one job at a time.
            std::exchange(on_granted_, {})({});
        });
}

void ShimRuntime::wait_for_slots(std::unique_ptr<channel::Stream> stream) {
    slots_ = std::move(stream);
    channel::Stream::Events events;
    events.frame = [this](const channel::Frame &frame) { on_slots(frame); };
    events.closed = [this](int) {
        slots_.reset();
        if (on_granted_) std::exchange(on_granted_, {})({});
    };
    slots_->handle(std::move(events));
    slots_->send(channel::Kind::ask,
                 fmt::format("{}", wanted_slots(spec_, slots_are_cores_)));
}

void ShimRuntime::on_slots(const channel::Frame &frame) {
    if (!on_granted_) return;
    if (frame.kind == channel::Kind::granted) {
        waits_for_.clear();
        return std::exchange(on_granted_, {})({});
    }
    if (frame.kind != channel::Kind::queued) return;
    waits_for_ = frame.body;
    if (!spec_.limits.no_wait) return;
    std::exchange(on_granted_,
                  {})(cannot_run(fmt::format("the job does not fit now: {}", waits_for_),
                                 "leave --no-wait out to wait, or ask for fewer ranks"));
}

} // namespace px::shims
