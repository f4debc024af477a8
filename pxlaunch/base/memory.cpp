// memory.cpp - malloc's settings.
#include "pxlaunch/base/memory.h"

#include <malloc.h>

namespace px {

void settle_memory() {
#ifdef M_ARENA_MAX // glibc
    constexpr int megabyte = 1 << 20;
    ::mallopt(M_ARENA_MAX, 1); // what one thread frees the other uses again
    ::mallopt(M_MMAP_THRESHOLD, 32 * megabyte);
    ::mallopt(M_TRIM_THRESHOLD, 16 * megabyte); // twice the window of unread output
    ::mallopt(M_TOP_PAD, megabyte);
#endif
}

} // namespace px
