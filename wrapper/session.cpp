// session.cpp - where servers say that they are, and where Slurm's are without saying so.
#include "wrapper/session.h"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

std::string text_of(const job::Environment &environment, const char *name) {
    return std::string(job::find_variable(environment, name).value_or(""));
}

// One that can be mounted: engines separate paths by ':'.
bool is_usable(const std::string &path) {
    struct stat info {};
    return path.starts_with('/') && path.find(':') == std::string::npos &&
           ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Below TmpFS of slurm.conf, which no rank is told; without the uid in old releases.
std::string slurms_directory(const job::Environment &environment,
                             const std::string &step) {
    for (const auto &base :
         {text_of(environment, "PMIX_SYSTEM_TMPDIR"), std::string("/tmp")}) {
        for (const auto &path :
             {fmt::format("{}/spmix_appdir_{}_{}", base, ::getuid(), step),
              fmt::format("{}/spmix_appdir_{}", base, step)}) {
            if (is_usable(path)) return path;
        }
    }
    return {};
}

} // namespace

Session session_of(const job::Environment &environment) {
    Session session;
    const auto named = text_of(environment, "PMIX_SERVER_TMPDIR");
    if (is_usable(named)) session.directories.push_back(named);
    constexpr std::string_view slurms = "slurm.pmix."; // and job and step
    const auto job = text_of(environment, "PMIX_NAMESPACE");
    if (!job.starts_with(slurms)) return session;
    const auto found = slurms_directory(environment, job.substr(slurms.size()));
    session.is_complete = !found.empty();
    if (session.is_complete) session.directories.push_back(found);
    return session;
}

} // namespace px::wrapper
