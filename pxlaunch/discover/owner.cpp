// owner.cpp - the record of whose run directory it is, and whether that process lives.
#include "pxlaunch/discover/owner.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <climits>

namespace px::discover {

namespace {
std::string record_path(const std::string &directory) { return directory + "/owner"; }
std::string or_dash(const std::string &word) { return word.empty() ? "-" : word; }
} // namespace

Result<void> write_owner(const std::string &directory, const Here &here, pid_t pid) {
    const std::string record =
        fmt::format("{} {} {} {} {}\n", pid, start_of(pid), or_dash(here.host),
                    or_dash(here.boot), or_dash(here.pid_space));
    return replace_file(record_path(directory), record, 0600);
}

std::optional<Owner> read_owner(const std::string &directory) {
    const auto text = read_file(record_path(directory), 4096);
    if (!text) return {};
    const auto words = split(std::string_view(*text).substr(0, text->find('\n')), ' ');
    if (words.size() != 5) return {};
    const auto pid = parse_number(words[0], INT_MAX);
    const auto start = parse_number(words[1], LONG_MAX);
    if (!pid || !start) return {};
    return Owner{static_cast<pid_t>(*pid), static_cast<unsigned long long>(*start),
                 words[2], words[3], words[4]};
}

Life life_of(const Owner &owner, const Here &here) {
    if (owner.host != or_dash(here.host)) return Life::unknown;
    if (owner.boot == "-" || here.boot.empty()) return Life::unknown; // no /proc
    if (owner.boot != here.boot) return Life::dead;
    if (owner.pid_space != or_dash(here.pid_space)) return Life::unknown;
    const unsigned long long start = start_of(owner.pid);
    return start != 0 && start == owner.start ? Life::alive : Life::dead;
}

} // namespace px::discover
