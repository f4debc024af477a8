#pragma once
// Reports of a shim that reaches nobody: they travel in the rank's errors, which the
// runtime carries, between marks that hold the job's secret. They go one way only.

#include "pxlaunch/channel/frames.h"

#include <functional>
#include <utility>

namespace px::channel {

std::string inband(const std::string &secret, Kind kind, std::string_view body);

// Takes the reports out of one rank's errors; the rest passes.
class InbandReader {
  public:
    explicit InbandReader(const std::string &secret);

    // What is left of `bytes` and of what was held back before. A piece that may be the
    // beginning of a report waits for the next one.
    std::string take(std::string_view bytes, const std::function<void(Frame)> &report);

    // At the end: what was held back is no report.
    std::string take_rest() { return std::exchange(held_, {}); }

  private:
    enum class Found { nothing, part, report };
    Found read(std::string_view text, Frame &frame, std::size_t &size) const;

    std::string mark_;
    std::string held_;
};

} // namespace px::channel
