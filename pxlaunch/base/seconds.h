#pragma once
// The time of day, as reports and documents have it.

#include <chrono>

namespace px {

inline double seconds_since_epoch() {
    using Seconds = std::chrono::duration<double>;
    return Seconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace px
