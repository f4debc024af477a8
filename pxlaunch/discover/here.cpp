// here.cpp - the environment, the host and the identity of processes.
#include "pxlaunch/discover/here.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <unistd.h>

namespace px::discover {

namespace {

std::string first_line(const std::string &path) {
    const auto text = read_file(path);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

std::string link_target(const char *path) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(path, target.data(), target.size());
    return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size))
                    : std::string();
}

// PREFIX of PREFIX/bin/pxlaunch; "" where /proc is missing.
std::string own_prefix() {
    std::string path = link_target("/proc/self/exe");
    for (int up = 0; up < 2 && !path.empty(); ++up) {
        const auto slash = path.rfind('/');
        path.erase(slash == path.npos ? 0 : slash);
    }
    return path;
}

} // namespace

const std::string &Here::get(std::string_view name) const {
    static const std::string none;
    const auto found = env.find(name);
    return found == env.end() ? none : found->second;
}

bool Here::goes_elsewhere() const {
    const auto short_name = [](std::string_view name) {
        return name.substr(0, name.find_first_of(".:"));
    };
    return std::any_of(hosts.begin(), hosts.end(), [&](const std::string &each) {
        const auto name = short_name(each);
        return name != short_name(host) && name != "localhost";
    });
}

HostRoot host_root_at(const std::string &path, const Here &here) {
    const auto number = [&here](const char *name, unsigned own) {
        const auto told = parse_number(here.get(name), UINT_MAX);
        return told ? static_cast<unsigned>(*told) : own;
    };
    return {path, number("SLURM_JOB_UID", ::geteuid()),
            number("SLURM_JOB_GID", ::getegid())};
}

Here this_process() {
    Here here;
    for (char **entry = ::environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        here.env.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    here.uid = ::getuid();
    std::array<char, HOST_NAME_MAX + 1> host{};
    ::gethostname(host.data(), host.size() - 1);
    here.host = host.data();
    here.boot = first_line("/proc/sys/kernel/random/boot_id");
    here.prrte = own_prefix();
    if (here.has("SLURM_JOB_ID") || here.has("LSB_JOBID")) here.cpus = count_cpus();
    here.pid_space = link_target("/proc/self/ns/pid");
    return here;
}

unsigned long long start_of(pid_t pid) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    if (!stat) return 0;
    // The second field is a name in parentheses that may hold anything, also ") ".
    const auto name_end = stat->rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= stat->size()) return 0;
    const auto fields = split(std::string_view(*stat).substr(name_end + 2), ' ');
    constexpr std::size_t state = 0, start_time = 19; // fields 3 and 22 of proc(5)
    if (fields.size() <= start_time || fields[state] == "Z" || fields[state] == "X")
        return 0;
    const auto start = parse_number(fields[start_time], LONG_MAX);
    return start ? static_cast<unsigned long long>(*start) : 0;
}

} // namespace px::discover
