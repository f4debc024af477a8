#pragma once
// The root directory of the host, bound somewhere into a container: what runs there sees
// the host's files, as the same user, without rights that the user has not.

#include "pxlaunch/base/result.h"

#include <string>
#include <sys/types.h>

namespace px {

// Made before a fork; enter() is then safe in a child of vfork().
class HostRoot {
  public:
    // The host's numbers of this user, which are others than ours where a container
    // makes root of us.
    HostRoot(std::string path, uid_t uid, gid_t gid);

    // Moves the calling process, which has one thread, into a new user namespace, where
    // it has these numbers, and to that root. 0, or an errno; `step` says what failed.
    enum class Step { none, user_namespace, root };
    // Volatile, because a child of vfork() tells it to its parent in shared memory.
    int enter(volatile Step &step) const;

    [[nodiscard]] Error why_not(Step step, int error_number) const;
    [[nodiscard]] const std::string &path() const { return path_; }

  private:
    std::string path_, uid_map_, gid_map_;
};

} // namespace px
