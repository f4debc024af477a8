// command.cpp - the search along PATH, with an error for each way it can fail.
#include "pxlaunch/process/command.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/job/environment.h"

#include <fmt/format.h>

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace px::process {

namespace {

Result<void> check_directory(const std::string &directory) {
    struct stat info {};
    const std::string hint = "choose another with -C, or create it on this node";
    if (::stat(directory.c_str(), &info) != 0) {
        return cannot_run(fmt::format("no working directory {}: {}", named(directory),
                                      error_text(errno)),
                          hint);
    }
    if (!S_ISDIR(info.st_mode)) {
        return cannot_run(
            fmt::format("the working directory {} is not a directory", named(directory)),
            hint);
    }
    return {};
}

Error not_executable(const std::string &path, const std::string &why, const char *hint) {
    return {Exit::not_executable, fmt::format("cannot execute {}: {}", named(path), why),
            hint};
}

// 0 if `path` can be executed, else the reason as an error number.
int refusal(const std::string &path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return errno;
    if (S_ISDIR(info.st_mode)) return EISDIR;
    return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

Result<std::string> check_path(const std::string &path) {
    switch (const int why = refusal(path)) {
    case 0:
        return path;
    case EISDIR:
        return not_executable(path, "it is a directory", "");
    case ENOENT:
    case ENOTDIR:
        return Error{
            Exit::not_found,
            fmt::format("no program {}: {}", named(path), error_text(why)),
            "check the path; it is relative to the job's working directory (-C)"};
    default:
        return not_executable(path, error_text(why),
                              why == EACCES ? "make it executable (chmod +x)" : "");
    }
}

} // namespace

Result<std::string> find_command(const job::App &app) {
    PX_TRY(check_directory(app.directory));
    const std::string &command = app.argv.front();
    const auto absolute = [&app](const std::string &path) {
        return path.starts_with('/') ? path : app.directory + "/" + path;
    };
    if (command.find('/') != std::string::npos) return check_path(absolute(command));

    const auto search = job::find_variable(app.env, "PATH");
    const std::string path =
        app.path.empty() ? std::string(search.value_or("/usr/local/bin:/usr/bin:/bin"))
                         : app.path;
    std::string forbidden;
    for (const auto &directory : split(path, ':')) {
        const std::string candidate =
            absolute(directory.empty() ? command : directory + "/" + command);
        const int why = refusal(candidate);
        if (why == 0) return candidate;
        if (why == EACCES && forbidden.empty()) forbidden = candidate;
    }
    if (!forbidden.empty()) return check_path(forbidden);
    const bool here = refusal(absolute(command)) == 0;
    return Error{
        Exit::not_found, fmt::format("no program {} in the search path", named(command)),
        here ? fmt::format("write ./{} for the one in the working directory", command)
             : "give its path, or change the search path with --path or -x PATH=..."};
}

} // namespace px::process
