// dvm_choice.cpp - PRRTE's place, its version, and who else is on this node.
#include "rec/cli/dvm_choice.h"

#include "pxlaunch/base/capture.h"
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace px::rec {

namespace {

constexpr std::chrono::milliseconds version_patience{10'000};

// Never along PATH: every module of Open MPI brings a prte of its own.
Result<std::string> find_prrte(const std::string &given, const Site &site) {
    const std::string prefix = !given.empty() ? given : site.here.prrte;
    const std::string program = prefix + "/bin/prte";
    if (::access(program.c_str(), X_OK) == 0) return prefix;
    return cannot_run(
        fmt::format("there is no PRRTE here: no program {}", named(program)),
        "name its prefix: 'pxrec up --prrte PREFIX', 'pxlaunch --rec prrte:PREFIX', or "
        "prrte_prefix in the site's file");
}

// No shell: the prefix is the user's.
int major_version(const std::string &prefix) {
    const auto text = output_of({prefix + "/bin/prte", "--version"}, version_patience);
    return text ? prrte_major(*text) : 0;
}

std::string text_of(const char *path) {
    auto text = read_file(path, 16 << 20);
    return text ? std::move(*text) : std::string();
}

// Nobody else: "".
std::string others_here(const discover::Here &here) {
    if (discover::find_allocation(here).whole_nodes) return {};
    return others(text_of("/etc/passwd"), text_of("/etc/nsswitch.conf"));
}

} // namespace

int prrte_major(const std::string &text) {
    int major = 0;
    (void)std::sscanf(text.c_str(), " prte (PRRTE) %d", &major);
    return major;
}

std::vector<std::string> login_users(const std::string &passwd) {
    constexpr long first_person = 1000, nobody = 65534;
    std::vector<std::string> users;
    for (const auto &line : split(passwd, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() < 7) continue;
        const auto uid = parse_number(fields[2]);
        const std::string &shell = fields[6];
        const bool logs_in = !shell.ends_with("nologin") && !shell.ends_with("false");
        if (uid && *uid >= first_person && *uid != nobody && logs_in)
            users.push_back(fields[0]);
    }
    return users;
}

std::string user_database(const std::string &nsswitch) {
    for (const auto &line : split(nsswitch, '\n')) {
        std::string words = line.substr(0, line.find('#'));
        if (!words.starts_with("passwd:")) continue;
        std::replace(words.begin(), words.end(), '\t', ' ');
        for (const auto &word : split(words.substr(words.find(':') + 1), ' ')) {
            const bool is_local = word.empty() || word.starts_with('[') ||
                                  word == "files" || word == "compat" ||
                                  word == "systemd";
            if (!is_local) return word;
        }
    }
    return {};
}

std::string others(const std::string &passwd, const std::string &nsswitch) {
    if (const auto database = user_database(nsswitch); !database.empty())
        return fmt::format("the users of '{}' (/etc/nsswitch.conf)", database);
    if (passwd.starts_with('+') || passwd.find("\n+") != passwd.npos)
        return "the users of NIS (/etc/passwd)";
    const auto users = login_users(passwd);
    if (users.size() < 2) return {};
    return users.size() == 2 ? join(users, " and ")
                             : fmt::format("{} users", users.size());
}

Result<void> choose_dvm(const std::string &prefix, bool shared_node_allowed,
                        const Site &site, ServeOptions &options) {
    options.prrte_prefix = PX_TRY(find_prrte(prefix, site));
    if (shared_node_allowed || site.config.allow_shared_node) return {};
    // SECURITY: PRRTE 3.0.8 lets every local user who has the address run commands as the
    // DVM's owner (measured); 5.0.0rc1 refuses other users.
    const int major = major_version(options.prrte_prefix);
    if (major >= 5) return {};
    const std::string users = others_here(site.here);
    if (users.empty()) return {};
    return cannot_run(
        fmt::format("PRRTE {} lets other users of this node run commands as you, if they "
                    "learn its address; {} can log in here",
                    major == 0 ? "of an unknown version" : fmt::format("{}", major),
                    users),
        "'pxrec up --allow-shared-node' starts it all the same; its address is kept in a "
        "directory that only you can read");
}

} // namespace px::rec
