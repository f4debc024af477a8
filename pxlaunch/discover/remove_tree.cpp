// remove_tree.cpp - rm -rf by descriptors, so that no link can lead it astray.
#include "pxlaunch/discover/remove_tree.h"

#include "pxlaunch/base/fd.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace px::discover {

namespace {

struct Removal {
    dev_t device;
    std::string failed; // the first path that stayed
    int why = 0;

    void note(const std::string &path, int error_number) {
        if (failed.empty() && error_number != ENOENT) {
            failed = path;
            why = error_number;
        }
    }
};

Fd open_directory(int at, const char *name) {
    return Fd(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> names_in(const Fd &directory) {
    std::vector<std::string> names;
    const int copy = ::dup(directory.get());
    const std::unique_ptr<DIR, int (*)(DIR *)> stream(::fdopendir(copy), ::closedir);
    if (!stream) {
        ::close(copy);
        return names;
    }
    while (const dirent *entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

// Removes what is in `directory`, whose path is for messages only.
void empty_directory(const Fd &directory, const std::string &path, Removal &removal) {
    struct stat about {};
    if (::fstat(directory.get(), &about) != 0 || about.st_dev != removal.device) {
        return removal.note(path, EXDEV);
    }
    for (const std::string &name : names_in(directory)) {
        if (::unlinkat(directory.get(), name.c_str(), 0) == 0) continue;
        const std::string below = path + '/' + name;
        if (errno != EISDIR && errno != EPERM) {
            removal.note(below, errno);
            continue;
        }
        const Fd inner = open_directory(directory.get(), name.c_str());
        if (inner) empty_directory(inner, below, removal);
        if (::unlinkat(directory.get(), name.c_str(), AT_REMOVEDIR) != 0) {
            removal.note(below, errno);
        }
    }
}

} // namespace

Result<void> remove_tree(const std::string &path) {
    const Fd top = open_directory(AT_FDCWD, path.c_str());
    if (!top) {
        if (errno == ENOENT) return {};
        return system_error(fmt::format("cannot remove the directory '{}'", path), errno);
    }
    struct stat about {};
    ::fstat(top.get(), &about);
    Removal removal{about.st_dev, {}, 0};
    empty_directory(top, path, removal);
    if (::rmdir(path.c_str()) != 0) removal.note(path, errno);
    if (removal.failed.empty()) return {};
    return system_error(fmt::format("cannot remove '{}'", removal.failed), removal.why);
}

} // namespace px::discover
