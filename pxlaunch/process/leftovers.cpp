// leftovers.cpp - finding adopted processes through /proc.
#include "pxlaunch/process/leftovers.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::process {

namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR *)>;

std::vector<int> numbers_in(const char *path) {
    std::vector<int> numbers;
    const Directory directory(::opendir(path), ::closedir);
    if (!directory) return numbers;
    while (const dirent *entry = ::readdir(directory.get())) {
        if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) {
            numbers.push_back(std::atoi(entry->d_name));
        }
    }
    return numbers;
}

// A kernel without CONFIG_PROC_CHILDREN: every process is looked at.
std::vector<int> children_by_scan() {
    std::vector<int> children;
    for (const int pid : numbers_in("/proc")) {
        const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
        if (!stat) continue;
        const auto name_end = stat->rfind(')');
        int parent = 0;
        if (name_end == std::string::npos) continue;
        if (std::sscanf(stat->c_str() + name_end + 1, " %*c %d", &parent) != 1) continue;
        if (parent == ::getpid()) children.push_back(pid);
    }
    return children;
}

std::vector<int> all_children() {
    std::vector<int> children;
    for (const int thread : numbers_in("/proc/self/task")) {
        const auto list = read_file(fmt::format("/proc/self/task/{}/children", thread));
        if (!list) return children_by_scan();
        for (const char *at = list->c_str(); *at != '\0';) {
            char *end = nullptr;
            const long pid = std::strtol(at, &end, 10);
            if (end == at) break;
            children.push_back(static_cast<int>(pid));
            at = end;
        }
    }
    return children;
}

// Entries of the environment that a process was started with; none where that is not ours
// to see, or while it is in execve().
std::vector<std::string> environment_of(int pid) {
    const auto environment = read_file(fmt::format("/proc/{}/environ", pid), 1 << 24);
    return environment ? split(*environment, '\0') : std::vector<std::string>();
}

bool keeps_container(int pid) {
    const std::string mark = fmt::format(":{}", keeper_path);
    for (const auto &entry : environment_of(pid)) {
        if (entry.starts_with("PATH=")) return entry.ends_with(mark);
    }
    return false;
}

// The process that holds an ordinary user's namespaces for podman, started with the first
// container: it stays.
bool is_pause(int pid) {
    const auto name = read_file(fmt::format("/proc/{}/comm", pid));
    return name && (*name == "catatonit\n" || *name == "podman pause\n");
}

} // namespace

void become_subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<int> own_children() {
    auto children = all_children();
    std::erase_if(children, keeps_container);
    return children;
}

bool is_of_job(int pid, const std::string &nspace) {
    const auto environment = environment_of(pid);
    const std::string wanted = "PXLAUNCH_JOB=" + nspace;
    return std::find(environment.begin(), environment.end(), wanted) != environment.end();
}

void kill_all_descendants(int milliseconds) {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (std::chrono::steady_clock::now() < deadline) {
        // Killed children hand us theirs; nothing is left when nothing can be waited for.
        const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
        if (pid < 0) return;
        if (pid > 0) continue;
        for (const int child : own_children()) ::kill(child, SIGKILL);
        const auto all = all_children();
        if (std::all_of(all.begin(), all.end(), is_pause)) return;
        ::poll(nullptr, 0, 1);
    }
}

} // namespace px::process
