// dvm_choice.cpp - PRRTE's place, its version, and who else is on this node.
#include "rec/cli/dvm_choice.h"

#include "pxlaunch/base/capture.h"
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

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

std::string passwd_text() {
    auto text = read_file("/etc/passwd", 16 << 20);
    return text ? std::move(*text) : std::string();
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

Result<void> choose_dvm(const std::string &prefix, bool shared_node_allowed,
                        const Site &site, ServeOptions &options) {
    options.prrte_prefix = PX_TRY(find_prrte(prefix, site));
    if (shared_node_allowed || site.config.allow_shared_node) return {};
    // SECURITY: PRRTE 3.0.8 lets every local user who has the address run commands as the
    // DVM's owner (measured); 5.0.0rc1 refuses other users.
    const int major = major_version(options.prrte_prefix);
    const auto users = login_users(passwd_text());
    if (major >= 5 || users.size() < 2) return {};
    return cannot_run(
        fmt::format("PRRTE {} lets other users of this node run commands as you, if they "
                    "learn its address; {} can log in here",
                    major == 0 ? "of an unknown version" : fmt::format("{}", major),
                    users.size() == 2 ? join(users, " and ")
                                      : fmt::format("{} users", users.size())),
        "'pxrec up --allow-shared-node' starts it all the same; its address is kept in a "
        "directory that only you can read");
}

} // namespace px::rec
