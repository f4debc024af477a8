// contained.cpp - what is asked for, and becoming it.
#include "wrapper/contained.h"

#include "wrapper/container/join.h"
#include "wrapper/crossing.h"
#include "wrapper/engines/words.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::wrapper {

namespace {

using engines::Request;

std::string value_of(const std::vector<std::string> &environment, const char *name) {
    return std::string(job::find_variable(environment, name).value_or(""));
}

// FNV-1a: names of one user's containers on one node.
std::string digest(const std::vector<std::string> &words) {
    unsigned long long sum = 14695981039346656037ULL;
    for (const auto &word : words) {
        for (const unsigned char byte : word) sum = (sum ^ byte) * 1099511628211ULL;
        sum = (sum ^ 0) * 1099511628211ULL;
    }
    return fmt::format("{:016x}", sum);
}

// The job, as narrowly as the runtime tells it. By hand there is none, and who asks for
// the same image shares its container.
std::string job_of(const std::vector<std::string> &environment) {
    for (const char *name : {"PXLAUNCH_JOB", "PMIX_NAMESPACE"}) {
        if (auto job = value_of(environment, name); !job.empty()) return job;
    }
    return value_of(environment, "SLURM_JOB_ID") + "." +
           value_of(environment, "SLURM_STEP_ID");
}

// Which container of this node it is.
std::string key_of(const Request &request, const std::vector<std::string> &environment,
                   const engines::Engine &engine) {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    std::vector<std::string> words = {job_of(environment), host, engine.name,
                                      request.image};
    for (const auto &mount : request.mounts) {
        words.push_back(mount.source);
        words.push_back(mount.target);
    }
    for (const auto *list : {&request.devices, &request.extra}) {
        words.emplace_back("--");
        words.insert(words.end(), list->begin(), list->end());
    }
    return digest(words);
}

Result<engines::Mount> parse_mount(const std::string &text) {
    const auto words = split(text, ':');
    engines::Mount mount{words[0], words.size() > 1 ? words[1] : words[0]};
    if (words.size() > 2 || !mount.source.starts_with('/') ||
        !mount.target.starts_with('/')) {
        return usage_error(
            fmt::format("--mount: expected SRC or SRC:DST, got {}", named(text)),
            "both are absolute paths; they cannot hold ':'");
    }
    return mount;
}

std::string here() {
    const char *spelled = std::getenv("PWD");
    struct stat by_name {
    }, by_dot{};
    if (spelled != nullptr && spelled[0] == '/' && ::stat(spelled, &by_name) == 0 &&
        ::stat(".", &by_dot) == 0 && by_name.st_ino == by_dot.st_ino &&
        by_name.st_dev == by_dot.st_dev)
        return spelled;
    char path[4096];
    return ::getcwd(path, sizeof path) != nullptr ? path : "/";
}

void add_mount(Request &request, const std::string &path, bool is_optional = false) {
    for (const auto &mount : request.mounts) {
        if (mount.target == path) return;
    }
    request.mounts.push_back({path, path, is_optional});
}

// All of HOME would be more than a job needs, / would be the node's own files.
Result<void> add_directories(Request &request, const Options &options,
                             const std::vector<std::string> &environment) {
    const std::string directory = here();
    const bool is_mounted =
        directory != "/" && directory != value_of(environment, "HOME");
    request.directory = options.directory.value_or(is_mounted ? directory : "");
    if (!options.directory && is_mounted) {
        if (directory.find(':') != std::string::npos) {
            return cannot_run(fmt::format("cannot mount the working directory {}: there "
                                          "is a ':' in its name",
                                          named(directory)),
                              "start in another directory, or name one with -C");
        }
        add_mount(request, directory);
    }
    // A PMIx client shares memory with its server there.
    const auto session = value_of(environment, "PMIX_SERVER_TMPDIR");
    struct stat info {};
    if (session.starts_with('/') && session.find(':') == std::string::npos &&
        ::stat(session.c_str(), &info) == 0)
        add_mount(request, session, true);
    return {};
}

// Inside, after everything that can be wrong outside.
Error become_inside(const std::vector<std::string> &of_image, const Request &request) {
    const auto environment = inside(of_image, request.env);
    if (!request.directory.empty() && ::chdir(request.directory.c_str()) != 0) {
        Error error =
            system_error(fmt::format("no working directory {} in image {}",
                                     named(request.directory), named(request.image)),
                         errno);
        error.hint = "mount it with --mount, or choose another with -C";
        return error;
    }
    return become(request.argv, environment, request.path,
                  fmt::format(" in image {}", named(request.image)));
}

} // namespace

Result<const engines::Engine *> choose_engine(const Options &options) {
    if (!options.engine.empty()) return engines::find(options.engine);
    if (options.image.empty()) return engines::find("none");
    std::vector<std::string> names;
    for (const auto *row : engines::for_image(options.image)) {
        if (container::program_of(*row)) return row;
        names.emplace_back(row->program);
    }
    return cannot_run(fmt::format("no engine for image {}: none of {} is in the search "
                                  "path of this node",
                                  named(options.image), join(names, ", ")),
                      "install one, or set PATH");
}

Result<Request> make_request(const Options &options,
                             const std::vector<std::string> &environment,
                             const engines::Engine &engine) {
    Request request;
    request.image = options.image;
    const std::string described = options.image + "/ch/environment";
    request.has_environment =
        !engines::is_directory(options.image) || ::access(described.c_str(), R_OK) == 0;
    for (const auto &mount : options.mounts)
        request.mounts.push_back(PX_TRY(parse_mount(mount)));
    request.devices = options.devices;
    request.pull = options.pull;
    request.extra = options.arguments;
    PX_TRY(add_directories(request, options, environment));
    request.env = crossing(environment, options.whole_environment, options.env);
    request.argv = options.argv;
    request.path = options.path;
    request.uid = ::getuid();
    request.gid = ::getgid();
    const auto ranks = parse_number(value_of(environment, "PXLAUNCH_LOCAL_SIZE"));
    request.local_ranks = ranks ? static_cast<int>(*ranks) : 0;
    request.key = key_of(request, environment, engine);
    return request;
}

Error become_contained(const engines::Engine &engine, const Request &request,
                       const std::vector<std::string> &environment) {
    if (engine.keep != nullptr) {
        const auto of_image = container::join(engine, request);
        return of_image ? become_inside(*of_image, request) : of_image.error();
    }
    auto command = engine.run(request, environment);
    auto program = container::program_of(engine);
    if (!program) return program.error();
    command.argv[0] = std::move(*program);
    return become(command.argv, command.env);
}

Error become(const std::vector<std::string> &argv,
             const std::vector<std::string> &environment, const std::string &path,
             const std::string &where) {
    const auto own = value_of(environment, "PATH");
    const std::string searched = "PATH=" + (!path.empty()  ? path
                                            : !own.empty() ? own
                                                           : container::default_path);
    char *search[] = {const_cast<char *>(searched.c_str()), nullptr};
    std::vector<char *> words, entries;
    for (const auto &word : argv) words.push_back(const_cast<char *>(word.c_str()));
    for (const auto &entry : environment)
        entries.push_back(const_cast<char *>(entry.c_str()));
    words.push_back(nullptr);
    entries.push_back(nullptr);
    environ = search;
    ::execvpe(words[0], words.data(), entries.data());
    const int number = errno;
    Error error =
        system_error(fmt::format("cannot execute {}{}", named(argv[0]), where), number);
    error.exit = number == ENOENT ? Exit::not_found : Exit::not_executable;
    if (where.empty()) return error;
    if (::access(argv[0].c_str(), X_OK) == 0)
        error.hint = "it is there: its loader or interpreter is not in the image";
    else if (number == ENOENT)
        error.hint =
            fmt::format("the search path there is {}", value_of(environment, "PATH"));
    return error;
}

} // namespace px::wrapper
