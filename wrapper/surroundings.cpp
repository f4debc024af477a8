// surroundings.cpp - identity and node of this rank.
#include "wrapper/surroundings.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/frames.h"
#include "pxlaunch/job/environment.h"

#include <unistd.h>

namespace px::wrapper {

namespace {

std::string allowed_cpus() {
    const auto status = read_file("/proc/self/status");
    if (!status) return {};
    constexpr std::string_view name = "\nCpus_allowed_list:\t";
    const auto at = status->find(name);
    if (at == std::string::npos) return {};
    const auto from = at + name.size();
    return status->substr(from, status->find('\n', from) - from);
}

} // namespace

channel::Hello introduce(const std::vector<std::string> &environment) {
    channel::Hello hello;
    hello.protocol = channel::protocol;
    hello.nspace = job::find_variable(environment, "PMIX_NAMESPACE").value_or("");
    const auto rank =
        parse_number(job::find_variable(environment, "PMIX_RANK").value_or(""));
    hello.rank = rank ? static_cast<int>(*rank) : 0;
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    hello.host = host;
    hello.pid = ::getpid();
    hello.cpus = allowed_cpus();
    return hello;
}

std::vector<std::string> runtime_entries(const std::vector<std::string> &environment) {
    std::vector<std::string> entries;
    for (const auto &entry : environment) {
        for (const char *prefix : {"PMIX_", "PMI_", "PRTE_"}) {
            if (entry.starts_with(prefix)) entries.push_back(entry);
        }
    }
    return entries;
}

} // namespace px::wrapper
