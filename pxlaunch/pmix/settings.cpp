// settings.cpp - MCA settings of our own process.
#include "pxlaunch/pmix/settings.h"

#include "pxlaunch/pmix/compat.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

extern "C" char **environ;

namespace px::pmix {

namespace {

// A module file's PMIX_* or PMI_* settings must not change how we work (DESIGN 4.5), and
// an inherited identity would make us a client of the server that started us.
void drop_inherited() {
    std::vector<std::string> names;
    for (char **entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (text.starts_with("PMIX_") || text.starts_with("PMI_") ||
            text.starts_with("PRTE_")) {
            names.emplace_back(text.substr(0, text.find('=')));
        }
    }
    for (const auto &name : names) ::unsetenv(name.c_str());
}

} // namespace

void settle_environment() {
    drop_inherited();
    // A munge socket without its daemon costs 2.3 s in every init (PMIx 4.2.2 to 7.0).
    ::setenv("PMIX_MCA_psec", "native", 1);
    // Lost connections are held back for a second, and restarted at every further loss.
    ::setenv("PMIX_MCA_pmix_event_caching_window", "0", 1);
    // Neither /etc/pmix-mca-params.conf nor ~/.pmix is read: they are for PRRTE's users.
    ::setenv("PMIX_PARAM_FILE_PASSED", "1", 1);
    // Without it libpmix asks getpwuid(), and crashes where that knows nobody, as in a
    // container (5.0.7, pmix_home_directory).
    ::setenv("HOME", "/", 0);
}

void choose_wire_format(const std::string &server_version) {
    int major = 0, minor = 0;
    if (std::sscanf(server_version.c_str(), "%d.%d", &major, &minor) < 1) major = 5;
    const char *format = "v41"; // what every server from 4.1 on understands
    if (major > 6 || (major == 6 && minor >= 1)) return;
    if (major == 6) format = "v51";
    if (major == 4 && minor == 0) format = "v4";
    if (major == 3) format = "v3";
    // A tool announces its own highest format, and a 5.0.11 server crashes at the second
    // tool whose format it does not know.
    ::setenv("PMIX_MCA_bfrops", format, 1);
}

std::string library_version() {
    // "OpenPMIx 5.0.7 (PMIx Standard: ...)"
    const char *text = PMIx_Get_version();
    while (*text != '\0' && (*text < '0' || *text > '9')) ++text;
    const std::string version(text);
    return version.substr(0, version.find_first_not_of("0123456789.rcab"));
}

std::string status_text(int status) {
    const char *text = PMIx_Error_string(status);
    return text == nullptr ? "unknown PMIx status" : text;
}

} // namespace px::pmix
