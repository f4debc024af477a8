// join.cpp - who starts, who waits, who enters.
#include "wrapper/container/join.h"

#include "wrapper/container/enter.h"

#include "pxlaunch/base/capture.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/process/leftovers.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::wrapper::container {

namespace {

using std::chrono::seconds;

constexpr seconds until_started{600}; // an image may have to be fetched
constexpr seconds until_keeper{30};
constexpr std::size_t most_words = 64 << 10;

struct Outcome {
    int status = -1; // as of waitpid; -1: it is late, and was killed
    std::string words;
};

// In a session of its own: what ends a job's ranks, by group or by terminal, does not
// leave an engine's work half done.
pid_t fork_engine(const std::string &program, const std::vector<std::string> &argv,
                  int out) {
    std::vector<char *> words;
    for (const auto &word : argv) words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::setsid();
    const char *path = std::getenv("PATH");
    const std::string marked =
        fmt::format("{}:{}", path != nullptr ? path : default_path, process::keeper_path);
    ::setenv("PATH", marked.c_str(), 1);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(program.c_str(), words.data());
    ::_exit(127);
}

Result<Outcome> run(const std::string &program, const std::vector<std::string> &argv) {
    const Fd words(::memfd_create("words", MFD_CLOEXEC));
    if (!words) return system_error("cannot read what the engine says", errno);
    const pid_t pid = fork_engine(program, argv, words.get());
    if (pid < 0)
        return start_error(fmt::format("cannot start {}", named(program)), errno);
    const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd wait{handle.get(), POLLIN, 0};
    const auto patience = std::chrono::milliseconds(until_started).count();
    Outcome outcome;
    const bool late = ::poll(&wait, 1, static_cast<int>(patience)) == 0;
    if (late) ::kill(-pid, SIGKILL);
    ::waitpid(pid, &outcome.status, 0);
    if (late) outcome.status = -1;
    outcome.words.resize(most_words);
    const auto got = ::pread(words.get(), outcome.words.data(), most_words, 0);
    outcome.words.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return outcome;
}

std::string hint_for(const engines::Engine &engine, const std::string &image,
                     const std::string &words) {
    for (const char *missing :
         {"short-name", "unable to find", "No such image", "no such image", "pinging",
          "manifest unknown", "image not known", "initializing source"}) {
        if (words.find(missing) == std::string::npos) continue;
        return fmt::format("'{0} images' lists the images of this node; '{0} pull' "
                           "fetches one",
                           engine.program);
    }
    for (const char *old : {"unknown flag", "unknown shorthand"}) {
        if (words.find(old) == std::string::npos) continue;
        return fmt::format("this {0} is too old (podman 4.3 is tested); see '{0} "
                           "--version', or choose another --engine",
                           engine.program);
    }
    return fmt::format("does '{} run --rm {} true' work on this node?", engine.program,
                       displayed(image));
}

Error cannot_start(const engines::Engine &engine, const engines::Request &request,
                   Outcome outcome) {
    while (outcome.words.ends_with('\n')) outcome.words.pop_back();
    if (outcome.status == -1) {
        return cannot_run(fmt::format("{} has not started a container of {} within {}",
                                      engine.program, named(request.image),
                                      duration_text(until_started)),
                          hint_for(engine, request.image, outcome.words));
    }
    // The last line is the error; before it are warnings, and what was fetched.
    const auto line = outcome.words.rfind('\n');
    std::string said =
        line == std::string::npos ? outcome.words : outcome.words.substr(line + 1);
    if (said.starts_with("Error: ")) said.erase(0, 7);
    if (said.empty()) said = "it says nothing";
    return cannot_run(fmt::format("{} cannot start a container of {}: {}", engine.program,
                                  named(request.image), said),
                      hint_for(engine, request.image, outcome.words));
}

Result<std::string> this_program() {
    char path[4096];
    const auto size = ::readlink("/proc/self/exe", path, sizeof path);
    if (size > 0) return std::string(path, static_cast<std::size_t>(size));
    return system_error("cannot find out where pxwrap itself is", errno);
}

Result<Keeper> start(const engines::Engine &engine, const engines::Request &request,
                     const State &state, const std::string &folder) {
    const auto program = PX_TRY(program_of(engine));
    engines::Keeper keeper;
    // Another of this name may still be on its way out.
    keeper.name = fmt::format("pxwrap-{}-{}", request.key, ::getpid());
    keeper.program = PX_TRY(this_program());
    keeper.folder = folder;
    auto outcome = PX_TRY(run(program, engine.keep(request, keeper)));
    if (outcome.status != 0) return cannot_start(engine, request, std::move(outcome));
    return state.wait_for_keeper(until_keeper);
}

Result<Keeper> find_or_start(const engines::Engine &engine,
                             const engines::Request &request, const State &state,
                             const std::string &folder) {
    if (auto keeper = state.keeper()) return std::move(*keeper);
    PX_TRY(state.lock(until_started));
    if (auto keeper = state.keeper()) { // of who came first
        state.unlock();
        return std::move(*keeper);
    }
    auto failed = state.failure(); // of who came first: it would fail again
    auto keeper = failed ? Result<Keeper>(std::move(*failed))
                         : start(engine, request, state, folder);
    if (!keeper) state.note_failure(keeper.error());
    state.unlock();
    return keeper;
}

} // namespace

Result<std::string> program_of(const engines::Engine &engine) {
    const char *path = std::getenv("PATH");
    auto program = program_in(path != nullptr ? path : default_path, engine.program);
    if (!program.empty()) return program;
    return cannot_run(
        fmt::format("there is no {} in the search path of this node", engine.program),
        "install it, set PATH, or choose another --engine");
}

Result<std::vector<std::string>> join(const engines::Engine &engine,
                                      const engines::Request &request) {
    const auto folder = PX_TRY(states_folder());
    // Static: it lives until this process executes the rank's program, which keeps its
    // descriptor.
    static auto state = State::open(folder + "/" + request.key, until_started);
    if (!state) return state.error();
    const auto keeper = PX_TRY(find_or_start(engine, request, *state, folder));
    PX_TRY(enter(keeper));
    ::fcntl(state->descriptor(), F_SETFD, 0);
    return keeper.environment;
}

} // namespace px::wrapper::container
