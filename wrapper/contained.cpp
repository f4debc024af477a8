// contained.cpp - what is asked for, and becoming it.
#include "wrapper/contained.h"

#include "wrapper/ch_run.h"
#include "wrapper/container/enter.h"
#include "wrapper/container/join.h"
#include "wrapper/crossing.h"
#include "wrapper/devices.h"
#include "wrapper/engines/words.h"
#include "wrapper/inside.h"
#include "wrapper/session.h"

#include "pxlaunch/base/directory.h"
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/job/border.h"
#include "pxlaunch/process/leftovers.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <sys/resource.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::wrapper {

namespace {

using engines::Request;

// By which a pxlaunch inside knows in which image it is.
constexpr const char *inside_variable = "PXLAUNCH_INSIDE";

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
std::string job_of(const Options &options, const std::vector<std::string> &environment) {
    if (!options.job.empty()) return options.job;
    for (const char *name : {"PXLAUNCH_JOB", "PMIX_NAMESPACE"}) {
        if (auto job = value_of(environment, name); !job.empty()) return job;
    }
    return value_of(environment, "SLURM_JOB_ID") + "." +
           value_of(environment, "SLURM_STEP_ID");
}

// Which container of this node it is.
std::string key_of(const Request &request, const std::string &job,
                   const engines::Engine &engine) {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    std::vector<std::string> words = {job, host, engine.name, request.image};
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
    if (spelled != nullptr && spelled[0] == '/' && is_same_directory(spelled, "."))
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
    const bool is_mounted = !is_same_directory(directory, "/") &&
                            !is_same_directory(directory, value_of(environment, "HOME"));
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
    return {};
}

std::string limit_text(const char *name, int resource) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    const auto number = [](rlim_t value) { // "-1": infinite
        return value == RLIM_INFINITY ? -1 : static_cast<long long>(value);
    };
    return fmt::format("{}={}:{}", name, number(limit.rlim_cur), number(limit.rlim_max));
}

void add_session(Request &request, const job::Environment &environment) {
    const auto session = session_of(environment);
    for (const auto &path : session.directories) add_mount(request, path, true);
    // Slower with many ranks, and without files.
    if (!session.is_complete) job::set_variable(request.env, "PMIX_GDS_MODULE", "hash");
}

// The image may have anything or nothing at that place.
Result<void> inject(Request &request, const std::string &client,
                    const engines::Engine &engine) {
    const std::string place = std::string(engines::injected_folder) + "/pxlaunch";
    const bool is_made = std::string_view(engine.name) != "charliecloud" ||
                         !engines::is_directory(request.image);
    for (const std::string &each : {place, std::string(engines::keeper_program)}) {
        if (is_made || ::access((request.image + each).c_str(), F_OK) == 0) continue;
        const auto image = displayed(request.image);
        return cannot_run(
            fmt::format("image {} has no place for pxlaunch, and charliecloud makes none",
                        named(request.image)),
            fmt::format("make it, once: (cd {} && mkdir -p .pxlaunch .pxwrap && touch {} "
                        "{})",
                        image, place.substr(1), engines::keeper_program + 1));
    }
    request.injected = true;
    request.mounts.push_back({client, place, false, true});
    return {};
}

// Inside, after everything that can be wrong outside.
Error become_inside(const container::Keeper &keeper, const Request &request) {
    auto environment = inside(keeper.environment, request.env);
    if (request.injected) search_first(environment, engines::injected_folder);
    const auto &directory =
        request.directory.empty() ? keeper.directory : request.directory;
    if (job::find_variable(environment, "PWD"))
        job::set_variable(environment, "PWD", directory);
    if (::chdir(directory.c_str()) != 0) {
        Error error = system_error(fmt::format("no working directory {} in image {}",
                                               named(directory), named(request.image)),
                                   errno);
        error.hint = "mount it with --mount, or choose another with -C";
        return error;
    }
    return become(request.argv, environment, request.path,
                  fmt::format(" in image {}", named(request.image)));
}

// What tidies up after a container is one of the engine's processes, which the client
// starts: a job's leftovers are killed, but not these.
void mark_as_keeper(std::vector<std::string> &environment) {
    auto path = value_of(environment, "PATH");
    if (path.empty()) path = container::default_path;
    job::set_variable(environment, "PATH", path + ":" + process::keeper_path);
}

// A client that is killed while it starts its container leaves it as it is. So it is let
// live for a while when we are gone, and the container's first process ends with us.
Error become_client(engines::Command command) {
    const auto own = container::this_program();
    if (!own) return own.error();
    mark_as_keeper(command.env);
    command.argv.insert(command.argv.begin(),
                        {*own, "--no-container", "--guard", this_process() + ":3", "--"});
    return run_apart([&command] {
        const Error error = become(command.argv, command.env);
        (void)write_all(STDERR_FILENO, error_lines(error, "pxwrap"));
        return static_cast<int>(error.exit);
    });
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
    PX_TRY(check_devices(engine, options.devices));
    request.devices = options.devices;
    request.pull = options.pull;
    request.extra = options.arguments;
    PX_TRY(add_directories(request, options, environment));
    request.env = crossing(environment, options.whole_environment, options.env);
    add_session(request, environment);
    job::set_variable(request.env, inside_variable, options.image);
    request.argv = options.argv;
    if (!options.inject.empty()) PX_TRY(inject(request, options.inject, engine));
    request.path = options.path;
    request.uid = ::getuid();
    request.gid = ::getgid();
    if (request.uid == 0)
        request.limits = {limit_text("nofile", RLIMIT_NOFILE),
                          limit_text("nproc", RLIMIT_NPROC)};
    const auto ranks = parse_number(value_of(environment, "PXLAUNCH_LOCAL_SIZE"));
    request.local_ranks = ranks ? static_cast<int>(*ranks) : 0;
    request.key = key_of(request, job_of(options, environment), engine);
    return request;
}

Error become_contained(const engines::Engine &engine, const Request &request,
                       const std::vector<std::string> &environment) {
    if (engines::can_join(engine, request)) {
        const auto keeper = container::join(engine, request, environment);
        if (!keeper) return keeper.error();
        if (*keeper) return become_inside(**keeper, request);
    }
    if (std::string_view(engine.name) == "charliecloud") sweep_after_ch_run();
    const auto helped = with_help(engine, request);
    if (!helped) return helped.error();
    auto command = engine.run(*helped, environment);
    auto program = container::program_of(engine);
    if (!program) return program.error();
    command.argv[0] = std::move(*program);
    if (const auto watched = container::can_watch(); engine.outlives && !watched)
        return watched.error();
    if (engine.outlives) return become_client(std::move(command));
    return become(command.argv, command.env);
}

void search_first(job::Environment &environment, const std::string &directory) {
    const auto path =
        job::find_variable(environment, "PATH").value_or(container::default_path);
    job::set_variable(environment, "PATH", fmt::format("{}:{}", directory, path));
}

Error become_outside(const Options &options,
                     const std::vector<std::string> &environment) {
    auto all = environment;
    if (job::is_packed(environment)) {
        all = around(environment);
        for (const auto &entry : crossing(environment, false, options.env)) {
            const auto equals = entry.find('=');
            job::set_variable(all, entry.substr(0, equals), entry.substr(equals + 1));
        }
        job::unset_variable(all, inside_variable);
    }
    return become(options.argv, all, options.path);
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
    const bool is_path = argv[0].find('/') != std::string::npos;
    const bool is_there = ::access(argv[0].c_str(), X_OK) == 0;
    if (number == ENOENT && is_there && is_path)
        error.hint = "it is there: its loader or interpreter is not in the image";
    else if (number == ENOENT && is_there)
        error.hint = fmt::format("there is one in the working directory: write ./{}",
                                 displayed(argv[0]));
    else if (number == ENOENT)
        error.hint =
            fmt::format("the search path there is {}", value_of(environment, "PATH"));
    return error;
}

} // namespace px::wrapper
