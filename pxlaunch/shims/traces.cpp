// traces.cpp - a set of ranks and a deadline.
#include "pxlaunch/shims/traces.h"

#include <utility>

namespace px::shims {

namespace {
constexpr Milliseconds trace_patience{10'000}; // a shim's tool has 5 s
} // namespace

void Traces::wait_for(std::set<int> ranks, tool::Runtime::Done done) {
    missing_ = std::move(ranks);
    done_ = std::move(done);
    timer_ = loop_.after(missing_.empty() ? Milliseconds(0) : trace_patience,
                         [this] { end(); });
}

void Traces::came(int rank) {
    if (missing_.erase(rank) == 1 && missing_.empty()) end();
}

void Traces::end() {
    loop_.cancel(std::exchange(timer_, 0));
    missing_.clear();
    if (auto done = std::exchange(done_, {})) done({});
}

} // namespace px::shims
