// surroundings.cpp - identity and node of this rank.
#include "wrapper/surroundings.h"

#include "wrapper/node.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/frames.h"
#include "pxlaunch/job/environment.h"

#include <unistd.h>

namespace px::wrapper {

Result<channel::Hello> introduce(const std::vector<std::string> &environment) {
    channel::Hello hello;
    hello.protocol = channel::protocol;
    hello.nspace = job::find_variable(environment, "PMIX_NAMESPACE").value_or("");
    const auto rank =
        parse_number(job::find_variable(environment, "PMIX_RANK").value_or(""));
    if (!rank) {
        return cannot_run("the runtime has not said which rank this is: PMIX_RANK is not "
                          "a number",
                          "was pxwrap started by hand, with PXWRAP_JOB_0 set?");
    }
    hello.rank = static_cast<int>(*rank);
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    hello.host = host;
    hello.cpus = allowed_cpus(::getpid());
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
