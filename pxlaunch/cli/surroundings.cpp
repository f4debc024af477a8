// surroundings.cpp - what a job takes over from this process.
#include "pxlaunch/cli/make_spec.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace px::cli {

namespace {

// The kernel tells the umask since 4.7; asking umask() would change it for a moment.
int current_umask() {
    const auto status = read_file("/proc/self/status");
    if (status) {
        for (const auto &line : split(*status, '\n')) {
            if (!line.starts_with("Umask:")) continue;
            return static_cast<int>(std::strtol(line.c_str() + 6, nullptr, 8));
        }
    }
    const mode_t mask = ::umask(022);
    ::umask(mask);
    return static_cast<int>(mask);
}

std::vector<job::Inherited::Rlimit> current_rlimits() {
    std::vector<job::Inherited::Rlimit> all;
    for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
        struct rlimit limit {};
        if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) continue;
        all.push_back({resource, limit.rlim_cur, limit.rlim_max});
    }
    return all;
}

bool is_same_directory(const char *one, const char *other) {
    struct stat a {
    }, b{};
    return ::stat(one, &a) == 0 && ::stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

// $PWD keeps a path as the user knows it, through automounter links for one.
std::string current_directory(const job::Environment &environment) {
    const auto pwd = job::find_variable(environment, "PWD");
    if (pwd && pwd->starts_with('/')) {
        const std::string path(*pwd);
        if (is_same_directory(path.c_str(), ".")) return path;
    }
    char *found = ::getcwd(nullptr, 0);
    const std::string path = found != nullptr ? found : "";
    std::free(found);
    return path;
}

bool is_in_background() { return ::isatty(0) == 1 && ::tcgetpgrp(0) != ::getpgrp(); }

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

} // namespace

Surroundings look_around() {
    Surroundings here;
    for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        here.environment.emplace_back(*entry);
    }
    here.directory = current_directory(here.environment);
    here.inherited = {current_umask(), current_rlimits()};
    here.in_background = is_in_background();
    const std::string host = host_name();
    if (!host.empty()) here.allocation.nodes = {host};
    return here;
}

} // namespace px::cli
