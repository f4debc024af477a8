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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::wrapper::container {

namespace {

using std::chrono::seconds;

constexpr seconds until_keeper{30};
constexpr seconds until_removed{60};
constexpr off_t most_words = 64 << 10;

struct Outcome {
    int status = -1; // as of waitpid; -1: it is late, and was killed
    std::string words;
};

// In a session of its own: what ends a job's ranks, by group or by terminal, does not
// leave an engine's work half done. What keeps a container is marked as such.
[[noreturn]] void become_engine(const engines::Command &command, int out) {
    ::setsid();
    std::vector<char *> words, entries;
    const char *path = std::getenv("PATH");
    std::string marked = fmt::format("PATH={}:{}", path != nullptr ? path : default_path,
                                     process::keeper_path);
    for (const auto &word : command.argv)
        words.push_back(const_cast<char *>(word.c_str()));
    for (const auto &entry : command.env) {
        if (!entry.starts_with("PATH="))
            entries.push_back(const_cast<char *>(entry.c_str()));
    }
    entries.push_back(marked.data());
    words.push_back(nullptr);
    entries.push_back(nullptr);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execve(words[0], words.data(), entries.data());
    ::_exit(127);
}

// Not our child: the rank that we become waits for its own, and this one stays.
pid_t fork_detached(const engines::Command &command, int out) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
    const Fd read_end(ends[0]), write_end(ends[1]);
    const pid_t between = ::fork();
    if (between < 0) return -1;
    if (between == 0) {
        const pid_t pid = ::fork();
        if (pid == 0) become_engine(command, out);
        ::_exit(::write(ends[1], &pid, sizeof pid) == sizeof pid ? 0 : 1);
    }
    int status = 0;
    ::waitpid(between, &status, 0);
    pid_t pid = -1;
    return status == 0 && ::read(ends[0], &pid, sizeof pid) == sizeof pid ? pid : -1;
}

// The last of them: the end says why. fstat, because an offset would be the engine's,
// too.
std::string words_in(int memory) {
    struct stat info {};
    const bool is_long = ::fstat(memory, &info) == 0 && info.st_size > most_words;
    std::string words(most_words, '\0');
    const auto got = ::pread(memory, words.data(), words.size(),
                             is_long ? info.st_size - most_words : 0);
    words.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return words;
}

// An engine's command, to which a pxwrap attends, and what it says.
class Running {
  public:
    static Result<Running> start(const std::string &program, engines::Command command,
                                 const State &state, bool is_child) {
        Fd words(::memfd_create("words", MFD_CLOEXEC));
        if (!words) return system_error("cannot read what the engine says", errno);
        command.argv[0] = program;
        command.argv.insert(command.argv.begin(),
                            {PX_TRY(this_program()), is_child ? "--start" : "--attend",
                             state.path(), "--"});
        const pid_t pid = is_child ? ::fork() : fork_detached(command, words.get());
        if (pid == 0) become_engine(command, words.get());
        if (pid < 0)
            return start_error(fmt::format("cannot start {}", named(program)), errno);
        Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        return Running(pid, std::move(handle), std::move(words));
    }

    [[nodiscard]] int handle() const { return handle_.get(); }
    void kill() const { ::kill(-pid_, SIGKILL); }
    [[nodiscard]] std::string words() const { return words_in(words_.get()); }

    // Of a child.
    [[nodiscard]] Outcome finish() const {
        pollfd wait{handle_.get(), POLLIN, 0};
        const auto patience = std::chrono::milliseconds(until_started).count();
        Outcome outcome;
        const bool late = ::poll(&wait, 1, static_cast<int>(patience)) == 0;
        if (late) kill();
        ::waitpid(pid_, &outcome.status, 0);
        if (late) outcome.status = -1;
        outcome.words = words();
        return outcome;
    }

  private:
    Running(pid_t pid, Fd handle, Fd words)
        : pid_(pid), handle_(std::move(handle)), words_(std::move(words)) {}
    pid_t pid_;
    Fd handle_, words_;
};

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

// The container is there when its command has ended.
Result<Keeper> start_detached(const engines::Engine &engine,
                              const engines::Request &request, const State &state,
                              const Running &running) {
    auto outcome = running.finish();
    if (outcome.status != 0) return cannot_start(engine, request, std::move(outcome));
    return *PX_TRY(state.wait_for_keeper(until_keeper));
}

// The container is there as long as its command is.
Result<Keeper> start_attached(const engines::Engine &engine,
                              const engines::Request &request, const State &state,
                              const Running &running) {
    auto keeper = state.wait_for_keeper(until_started, running.handle());
    if (keeper && *keeper) return std::move(**keeper);
    running.kill();
    return cannot_start(engine, request, {keeper ? 1 : -1, running.words()});
}

// By another process: it takes seconds.
void start_removing(const std::string &program, const std::vector<std::string> &names,
                    const std::vector<std::string> &environment) {
    const auto own = this_program();
    const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (names.empty() || !own || !null) return;
    engines::Command command{{*own, "--remove", program, "--"}, environment};
    command.argv.insert(command.argv.end(), names.begin(), names.end());
    fork_detached(command, null.get());
}

Result<Keeper> start(const engines::Engine &engine, const engines::Request &request,
                     const State &state, const std::string &folder,
                     const std::vector<std::string> &environment) {
    const auto program = PX_TRY(program_of(engine));
    auto dead = sweep(folder);
    const auto before = state.last_container();
    if (!before.empty()) dead.push_back(before);
    engines::Keeper keeper;
    // Another of this name may still be on its way out.
    keeper.name = fmt::format("pxwrap-{}-{}", request.key, ::getpid());
    keeper.program = PX_TRY(this_program());
    keeper.folder = folder;
    const auto running = PX_TRY(Running::start(
        program, engine.keep(request, keeper, environment), state, engine.detaches));
    auto started = engine.detaches ? start_detached(engine, request, state, running)
                                   : start_attached(engine, request, state, running);
    if (engine.detaches && engine.joined == engines::Joined::by_user)
        start_removing(program, dead, environment);
    return started;
}

// A parent's wish that children be not waited for would hide how an engine ends. Whoever
// we become keeps it.
class DefaultForChildren {
  public:
    DefaultForChildren() : before_(::signal(SIGCHLD, SIG_DFL)) {}
    ~DefaultForChildren() { ::signal(SIGCHLD, before_); }
    DefaultForChildren(const DefaultForChildren &) = delete;
    DefaultForChildren &operator=(const DefaultForChildren &) = delete;

  private:
    sighandler_t before_;
};

// None: who came first has found that nobody may enter it.
Result<std::optional<Keeper>> find_or_start(const engines::Engine &engine,
                                            const engines::Request &request,
                                            const State &state, const std::string &folder,
                                            const std::vector<std::string> &environment) {
    const auto found = [&state](std::optional<Keeper> &keeper) {
        keeper = state.keeper();
        return keeper || state.is_refused();
    };
    std::optional<Keeper> keeper;
    if (found(keeper)) return keeper;
    PX_TRY(state.lock(until_started));
    if (found(keeper)) { // by who came first
        state.unlock();
        return keeper;
    }
    auto failed = state.failure(); // of who came first: it would fail again
    auto fresh = failed ? Result<Keeper>(std::move(*failed))
                        : start(engine, request, state, folder, environment);
    if (!fresh) state.note_failure(fresh.error());
    state.unlock();
    return std::optional<Keeper>(PX_TRY(std::move(fresh)));
}

Result<void> say_refused(const engines::Engine &engine, const engines::Request &request,
                         const State &state) {
    PX_TRY(state.lock(until_started));
    const bool is_news = state.note_refusal();
    state.unlock();
    if (!is_news) return {};
    (void)write_all(STDERR_FILENO,
                    fmt::format("pxwrap: note: this node lets no process enter {}'s "
                                "container of {}; each rank has one of its own\n",
                                engine.name, named(request.image)));
    return {};
}

} // namespace

Result<std::string> this_program() {
    char path[4096];
    const auto size = ::readlink("/proc/self/exe", path, sizeof path);
    if (size > 0) return std::string(path, static_cast<std::size_t>(size));
    return system_error("cannot find out where pxwrap itself is", errno);
}

Result<std::string> program_of(const engines::Engine &engine) {
    const char *path = std::getenv("PATH");
    auto program = program_in(path != nullptr ? path : default_path, engine.program);
    if (!program.empty()) return program;
    return cannot_run(
        fmt::format("there is no {} in the search path of this node", engine.program),
        "install it, set PATH, or choose another --engine");
}

int remove_dead(const std::string &program, const std::vector<std::string> &names) {
    std::vector<std::string> remove = {program, "rm", "--force", "--ignore"};
    remove.insert(remove.end(), names.begin(), names.end());
    // podman 4.3.1 waits 5 s for the word of conmon, and fails; then it knows, and
    // removes.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!output_of(remove, until_removed)) return 1;
    }
    return 0;
}

Result<std::optional<Keeper>> join(const engines::Engine &engine,
                                   const engines::Request &request,
                                   const std::vector<std::string> &environment) {
    const DefaultForChildren with_ends;
    PX_TRY(can_watch());
    const auto folder = PX_TRY(states_folder());
    // Static: it lives until this process executes the rank's program, which keeps its
    // descriptor.
    static auto state = State::open(folder + "/" + request.key, until_started);
    if (!state) return state.error();
    auto keeper = PX_TRY(find_or_start(engine, request, *state, folder, environment));
    const bool inside = keeper && PX_TRY(enter(*keeper));
    if (keeper && !inside) PX_TRY(say_refused(engine, request, *state));
    ::fcntl(state->descriptor(), F_SETFD, 0);
    if (!inside) keeper.reset();
    return keeper;
}

} // namespace px::wrapper::container
