#pragma once
// Stacks that were asked for, until all are there or the patience is over.

#include "pxlaunch/base/loop.h"
#include "pxlaunch/tool/runtime.h"

#include <set>

namespace px::shims {

class Traces {
  public:
    explicit Traces(Loop &loop) : loop_(loop) {}
    ~Traces() { loop_.cancel(timer_); }
    Traces(const Traces &) = delete;
    Traces &operator=(const Traces &) = delete;

    // `done` is called later, also where there is no rank to wait for.
    void wait_for(std::set<int> ranks, tool::Runtime::Done done);
    void came(int rank); // its stack, or its end

  private:
    void end();

    Loop &loop_;
    std::set<int> missing_;
    tool::Runtime::Done done_;
    Loop::Timer timer_ = 0;
};

} // namespace px::shims
