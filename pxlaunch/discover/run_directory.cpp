// run_directory.cpp - choosing, making, listing and removing servers' directories.
#include "pxlaunch/discover/run_directory.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/discover/remove_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace px::discover {

namespace {

constexpr std::time_t kept_seconds = 24 * 3600;
constexpr std::time_t unfinished_seconds = 3600;

std::string our_directory(const std::string &base, const Here &here) {
    return fmt::format("{}/pxlaunch-{}", base, here.uid);
}

bool is_private_directory(const std::string &path, uid_t uid) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
           about.st_uid == uid && (about.st_mode & 0777) == 0700;
}

// Nothing: it is ours and private. Otherwise why not, "" if it is not there.
std::optional<std::string> why_not_ours(const std::string &path, const Here &here) {
    struct stat about {};
    if (::lstat(path.c_str(), &about) != 0) {
        return errno == ENOENT || errno == ENOTDIR ? "" : error_text(errno);
    }
    if (S_ISLNK(about.st_mode)) return "it is a symbolic link";
    if (!S_ISDIR(about.st_mode)) return "it is not a directory";
    if (about.st_uid != here.uid) {
        return fmt::format("it belongs to uid {}, you are {}", about.st_uid, here.uid);
    }
    if ((about.st_mode & 0077) != 0) {
        return fmt::format("its mode is {:04o}, not 0700", about.st_mode & 07777);
    }
    return {};
}

Error not_ours(const std::string &path, const std::string &why) {
    return cannot_run(
        fmt::format("cannot use '{}': {}", path, why),
        "remove it, or set TMPDIR or XDG_RUNTIME_DIR to a directory of your own");
}

Result<std::string> make_ours(const std::string &base, const Here &here) {
    std::string path = our_directory(base, here);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return not_ours(path, error_text(errno));
    }
    if (const auto why = why_not_ours(path, here)) return not_ours(path, *why);
    return path;
}

// Shortened so that different names stay different.
std::string short_word(const std::string &word, std::size_t most) {
    std::string safe = word;
    for (char &c : safe) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_')
            c = '-';
    }
    if (safe.size() <= most) return safe;
    std::uint32_t hash = 2166136261U; // FNV-1a
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return fmt::format("{}-{:08x}", safe.substr(0, most - 9), hash);
}

// One process at a time decides who of the living and the dead has a name.
Result<Fd> lock(const std::string &ours) {
    Fd directory(::open(ours.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return system_error(fmt::format("cannot open '{}'", ours), errno);
    for (int tries = 0; ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
        if (errno != EWOULDBLOCK)
            break; // a file system without locks: names are still unique
        if (tries == 500) {
            return cannot_run(fmt::format("'{}' has been locked for 5 s", ours),
                              "end the process that holds it (fuser names it)");
        }
        ::usleep(10'000);
    }
    return directory;
}

bool is_there(const std::string &path) {
    struct stat about {};
    return ::lstat(path.c_str(), &about) == 0;
}

bool is_older(const std::string &path, std::time_t seconds) {
    struct stat about {};
    return ::lstat(path.c_str(), &about) == 0 &&
           about.st_mtime + seconds < std::time(nullptr);
}

// Under the lock: takes the name from a dead owner. The directory itself goes afterwards.
std::string set_aside(const std::string &path) {
    const auto slash = path.rfind('/');
    std::string aside =
        fmt::format("{}/.old{}", path.substr(0, slash), job_name(::getpid()).substr(3));
    return ::rename(path.c_str(), aside.c_str()) == 0 ? aside : std::string();
}

Life life_of_directory(const std::string &path, const Here &here) {
    const auto owner = read_owner(path);
    return owner ? life_of(*owner, here) : Life::unknown;
}

} // namespace

std::vector<std::string> base_directories(const Here &here) {
    std::vector<std::string> bases;
    const auto add = [&bases](std::string base) {
        while (base.size() > 1 && base.back() == '/') base.pop_back();
        if (base.empty() || base.front() != '/') return;
        if (std::find(bases.begin(), bases.end(), base) == bases.end())
            bases.push_back(base);
    };
    add(here.site_directory);
    if (is_private_directory(here.get("XDG_RUNTIME_DIR"), here.uid)) {
        add(here.get("XDG_RUNTIME_DIR"));
    }
    add(here.get("TMPDIR"));
    add(here.tmp);
    return bases;
}

std::string pool_name(const Here &here, const std::string &allocation) {
    return fmt::format("pool.{}.{}", short_word(here.host, 20),
                       short_word(allocation, 20));
}

std::string job_name(pid_t pid) {
    std::random_device random;
    return fmt::format("job.{}.{:06x}", pid, random() & 0xffffffU);
}

namespace {

Result<std::optional<std::string>> create_in(const std::string &ours, const Here &here,
                                             const std::string &name, pid_t owner) {
    std::string path = ours + '/' + name;
    std::string fresh = ours + "/.new.XXXXXX";
    if (::mkdtemp(fresh.data()) == nullptr) {
        return system_error(fmt::format("cannot make a directory in '{}'", ours), errno);
    }
    // The name appears with its owner inside, so nobody ever sees a directory without
    // one.
    auto written = write_owner(fresh, here, owner);
    if (!written) {
        (void)remove_tree(fresh);
        return std::move(written).error();
    }
    const Fd held = PX_TRY(lock(ours));
    std::string old;
    if (life_of_directory(path, here) == Life::dead) old = set_aside(path);
    const bool made = ::rename(fresh.c_str(), path.c_str()) == 0;
    const int error_number = errno;
    if (!old.empty()) (void)remove_tree(old);
    if (made) return std::optional(path);
    (void)remove_tree(fresh);
    if (is_there(path)) return std::optional<std::string>();
    return system_error(fmt::format("cannot make '{}'", path), error_number);
}

} // namespace

Result<std::optional<std::string>>
create_run_directory(const Here &here, const std::string &name, pid_t owner) {
    std::optional<Error> first;
    for (const std::string &base : base_directories(here)) {
        Result<std::optional<std::string>> made = Error{};
        if (our_directory(base, here).size() + 1 + name.size() > longest_run_directory) {
            made = cannot_run(
                fmt::format("the run directory '{}/{}' has a longer path than {} bytes",
                            our_directory(base, here), name, longest_run_directory),
                "set TMPDIR (or the site's run_directory) to a shorter path");
        } else if (auto ours = make_ours(base, here); !ours) {
            made = std::move(ours).error();
        } else {
            made = create_in(*ours, here, name, owner);
        }
        // The site's choice is explicit: no other place is tried.
        if (made || base == here.site_directory) return made;
        if (!first) first = std::move(made).error();
    }
    if (first) return *first;
    return cannot_run("there is no directory for temporary files",
                      "set TMPDIR to a directory that you may write to");
}

void keep_run_directory(const std::string &path) {
    (void)replace_file(path + "/keep", "kept after a failure\n", 0600);
}

Result<void> remove_run_directory(const std::string &path) { return remove_tree(path); }

std::vector<RunDirectory> list_run_directories(const Here &here, Reasons &reasons) {
    std::vector<RunDirectory> found;
    for (const std::string &base : base_directories(here)) {
        const std::string ours = our_directory(base, here);
        if (const auto why = why_not_ours(ours, here)) {
            if (!why->empty())
                reasons.push_back({"server", fmt::format("{}: {}", ours, *why)});
            continue;
        }
        const std::unique_ptr<DIR, int (*)(DIR *)> stream(::opendir(ours.c_str()),
                                                          ::closedir);
        if (!stream) continue;
        while (const dirent *entry = ::readdir(stream.get())) {
            if (entry->d_name[0] == '.') continue;
            RunDirectory each{ours + '/' + entry->d_name, {}, Life::unknown};
            each.owner = read_owner(each.path);
            if (each.owner) each.life = life_of(*each.owner, here);
            found.push_back(std::move(each));
        }
    }
    std::sort(
        found.begin(), found.end(),
        [](const RunDirectory &a, const RunDirectory &b) { return a.path < b.path; });
    return found;
}

namespace {

// Half-made and half-removed directories of processes that were killed meanwhile.
void remove_unfinished(const std::string &ours) {
    const std::unique_ptr<DIR, int (*)(DIR *)> stream(::opendir(ours.c_str()),
                                                      ::closedir);
    while (const dirent *entry = stream ? ::readdir(stream.get()) : nullptr) {
        const std::string name = entry->d_name;
        if (!name.starts_with(".new.") && !name.starts_with(".old.")) continue;
        const std::string path = ours + '/' + name;
        if (is_older(path, unfinished_seconds)) (void)remove_tree(path);
    }
}

} // namespace

std::vector<std::string> remove_dead_run_directories(const Here &here,
                                                     bool (*spared)(const RunDirectory &,
                                                                    const Here &)) {
    Reasons ignored;
    std::vector<std::string> removed;
    for (const RunDirectory &each : list_run_directories(here, ignored)) {
        if (each.life != Life::dead) continue;
        if (spared != nullptr && spared(each, here)) continue;
        const std::string keep = each.path + "/keep";
        if (is_there(keep) && !is_older(keep, kept_seconds)) continue;
        std::string old;
        {
            const auto held = lock(each.path.substr(0, each.path.rfind('/')));
            // Its name may have a new, living owner by now.
            if (!held || life_of_directory(each.path, here) != Life::dead) continue;
            old = set_aside(each.path);
        }
        if (!old.empty() && remove_tree(old)) removed.push_back(each.path);
    }
    for (const std::string &base : base_directories(here)) {
        const std::string ours = our_directory(base, here);
        if (!why_not_ours(ours, here)) remove_unfinished(ours);
    }
    return removed;
}

bool is_being_started(const Here &here, const std::string &name) {
    Reasons ignored;
    const auto all = list_run_directories(here, ignored);
    return std::any_of(all.begin(), all.end(), [&name](const RunDirectory &each) {
        return each.name() == name && each.life == Life::alive;
    });
}

} // namespace px::discover
