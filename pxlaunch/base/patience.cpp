// patience.cpp - poll with a deadline.
#include "pxlaunch/base/patience.h"

#include <poll.h>

namespace px {

Waited wait_for(int fd, const Patience &patience,
                std::chrono::steady_clock::time_point start) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            start + patience.deadline - std::chrono::steady_clock::now());
        pollfd wait[2] = {{fd, POLLIN, 0}, {patience.interrupt, POLLIN, 0}};
        const int found =
            ::poll(wait, 2, left.count() <= 0 ? 0 : static_cast<int>(left.count()));
        if (found < 0) continue; // a signal
        if (wait[0].revents != 0) return Waited::ready;
        if (wait[1].revents != 0) return Waited::interrupted;
        if (left.count() <= 0) return Waited::late;
    }
}

} // namespace px
