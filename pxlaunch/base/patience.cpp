// patience.cpp - poll with a deadline.
#include "pxlaunch/base/patience.h"

#include <algorithm>
#include <poll.h>

namespace px {

Waited wait_for(int fd, const Patience &patience,
                std::chrono::steady_clock::time_point start) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            start + patience.deadline - std::chrono::steady_clock::now());
        pollfd wait[2] = {{fd, POLLIN, 0}, {patience.interrupt, POLLIN, 0}};
        constexpr std::chrono::milliseconds none{0}, most{1 << 30}; // days: then again
        const int found =
            ::poll(wait, 2, static_cast<int>(std::clamp(left, none, most).count()));
        if (found < 0) continue; // a signal
        if (wait[0].revents != 0) return Waited::ready;
        if (wait[1].revents != 0) return Waited::interrupted;
        if (left.count() <= 0) return Waited::late;
    }
}

} // namespace px
