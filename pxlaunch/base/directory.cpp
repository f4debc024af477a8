// directory.cpp - the kernel's name of a directory.
#include "pxlaunch/base/directory.h"

#include <sys/stat.h>

namespace px {

bool is_same_directory(const std::string &one, const std::string &other) {
    struct stat first {
    }, second{};
    if (one == other) return true;
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
           first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

} // namespace px
