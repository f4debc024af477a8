// ch_run.cpp - the files of ch-run 0.31: "ch-run_shm-TAG" holds the pid of the first rank
// and a count, "sem.ch-run_sem-TAG" is its semaphore.
#include "wrapper/ch_run.h"

#include "pxlaunch/base/fd.h"
#include "wrapper/container/state.h"

#include <algorithm>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace px::wrapper {

namespace {

constexpr std::string_view shared = "ch-run_shm-";
constexpr std::size_t key_size = 16;

// Tags of pxwrap are keys: nobody else's files are touched.
bool is_key(std::string_view tag) {
    return tag.size() == key_size &&
           tag.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool has_ended(const std::string &path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat info {};
    int first = 0; // as long as its rank has not written it
    return file && ::fstat(file.get(), &info) == 0 && info.st_uid == ::geteuid() &&
           ::pread(file.get(), &first, sizeof first, 0) == sizeof first && first > 0 &&
           !container::start_of(first);
}

} // namespace

void sweep_after_ch_run(const std::string &folder) {
    const std::unique_ptr<DIR, int (*)(DIR *)> files(::opendir(folder.c_str()),
                                                     ::closedir);
    std::vector<std::string> tags;
    while (const dirent *entry = files ? ::readdir(files.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        if (name.starts_with(shared) && is_key(name.substr(shared.size())))
            tags.emplace_back(name.substr(shared.size()));
    }
    for (const auto &tag : tags) {
        const auto path = folder + '/' + std::string(shared) + tag;
        if (!has_ended(path)) continue;
        ::unlink((folder + "/sem.ch-run_sem-" + tag).c_str());
        ::unlink(path.c_str());
    }
}

} // namespace px::wrapper
