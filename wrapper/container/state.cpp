// state.cpp - locks with a deadline, and the note.
#include "wrapper/container/state.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::wrapper::container {

namespace {

using std::chrono::seconds;

constexpr std::string_view note_end = "\n"; // after the last NUL
constexpr int most_reopenings = 100;
constexpr char refusal = '-';
// How often an attendant looks whether a rank wants its container, and for how long none
// may: an engine that is killed leaves half a container, so it may rather end its work.
constexpr std::chrono::milliseconds between_looks{200};
constexpr seconds unwanted{3};

void wake(int) {}

// System calls that wait end with EINTR when it is over.
class Deadline {
  public:
    explicit Deadline(seconds patience) {
        struct sigaction action {};
        action.sa_handler = wake; // without SA_RESTART
        ::sigaction(SIGALRM, &action, &before_);
        sigset_t alarm;
        sigemptyset(&alarm);
        sigaddset(&alarm, SIGALRM);
        ::sigprocmask(SIG_UNBLOCK, &alarm, &mask_);
        // Again each second: the first may come just before the call that it is to end.
        const itimerval timer{{1, 0}, {patience.count(), 0}};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }
    ~Deadline() {
        const itimerval none{};
        ::setitimer(ITIMER_REAL, &none, nullptr);
        ::sigaction(SIGALRM, &before_, nullptr);
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    }
    Deadline(const Deadline &) = delete;
    Deadline &operator=(const Deadline &) = delete;

  private:
    struct sigaction before_ {};
    sigset_t mask_{};
};

Error lock_error(const std::string &path, int number) {
    if (number != EINTR)
        return system_error(fmt::format("cannot lock {}", named(path)), number);
    return cannot_run(
        fmt::format("another rank's start of the container takes too long ({})",
                    named(path)),
        "see what its engine does: ps -ef | grep 'podman run'");
}

std::optional<Keeper> read_note(const std::string &text) {
    if (!text.ends_with(note_end)) return std::nullopt; // it is being written
    auto lines =
        split(std::string_view(text).substr(0, text.size() - note_end.size()), '\0');
    Keeper keeper;
    int end = 0; // of the numbers
    if (std::sscanf(lines[0].c_str(), "%d %llu%n", &keeper.pid, &keeper.started, &end) !=
            2 ||
        lines.size() < 2)
        return std::nullopt;
    if (static_cast<std::size_t>(end) < lines[0].size())
        keeper.container = lines[0].substr(static_cast<std::size_t>(end) + 1);
    keeper.directory = std::move(lines[1]);
    keeper.environment.assign(std::make_move_iterator(lines.begin() + 2),
                              std::make_move_iterator(lines.end()));
    return keeper;
}

std::string note_of(const std::string &container,
                    const std::vector<std::string> &environment) {
    const int pid = ::getpid();
    char here[4096] = "";
    const bool has_place = ::getcwd(here, sizeof here) != nullptr;
    std::string text = fmt::format("{} {} {}", pid, start_of(pid).value_or(0), container);
    text.append(1, '\0').append(has_place ? here : "/");
    for (const auto &entry : environment) text.append(1, '\0').append(entry);
    return text.append(note_end);
}

std::string text_of(int fd) {
    std::string text;
    char buffer[4096];
    for (long at = 0;;) {
        const auto got = ::pread(fd, buffer, sizeof buffer, at);
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        at += got;
    }
}

bool is_gone(int fd) {
    struct stat info {};
    return ::fstat(fd, &info) != 0 || info.st_nlink == 0;
}

void remove(const std::string &path, int fd) {
    if (!is_gone(fd)) ::unlink(path.c_str());
}

// The one who is killed goes, too: it leads the group.
[[noreturn]] void give_up(const std::string &path, int fd) {
    if (fd >= 0) remove(path, fd);
    ::kill(-::getpid(), SIGKILL);
    ::_exit(1);
}

// Who stays with an engine until its keeper has come, and who then owns it: the ranks
// that wanted it may all have been killed, and an engine may never end.
class Attendant {
  public:
    Attendant(std::string path, seconds patience)
        : path_(std::move(path)),
          file_(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)),
          before_(text_of(file_.get())), until_(Clock::now() + patience) {
        ::signal(SIGCHLD, SIG_DFL); // ignored, it would hide how the engine ends
        sigemptyset(&child_);
        sigaddset(&child_, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &child_, &mask_);
    }

    pid_t start(const std::vector<std::string> &argv) const {
        const pid_t pid = ::fork();
        if (pid != 0) return pid;
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
        std::vector<char *> words;
        for (const auto &word : argv) words.push_back(const_cast<char *>(word.c_str()));
        words.push_back(nullptr);
        ::execv(words[0], words.data());
        ::_exit(127);
    }

    [[nodiscard]] int file() const { return file_.get(); }
    // That of this start; in a file that is used again there may be the note of another.
    [[nodiscard]] bool has_keeper() const {
        const std::string text = text_of(file_.get());
        return text != before_ && (text.starts_with(refusal) || read_note(text));
    }
    // Until a child may have ended; ends everything where there is no more to wait for.
    void wait() {
        const auto now = Clock::now();
        if (has_keeper() || is_wanted()) wanted_ = now;
        if (now >= until_ || now - wanted_ >= unwanted) give_up(path_, file_.get());
        const timespec pause{0, std::chrono::nanoseconds(between_looks).count()};
        ::sigtimedwait(&child_, nullptr, &pause);
    }

  private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] bool is_wanted() const {
        if (!file_ || is_gone(file_.get())) return false;
        if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) return true;
        ::flock(file_.get(), LOCK_UN);
        return false;
    }

    std::string path_;
    Fd file_;
    std::string before_;
    Clock::time_point until_, wanted_ = Clock::now();
    sigset_t child_{}, mask_{};
};

} // namespace

std::optional<unsigned long long> start_of(int pid) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    if (!stat) return std::nullopt;
    const auto name_end = stat->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    const auto fields = split(stat->substr(name_end + 2), ' '); // from field 3 on
    if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
    return std::strtoull(fields[19].c_str(), nullptr, 10);
}

bool is_alive(const Keeper &keeper) { return start_of(keeper.pid) == keeper.started; }

Result<std::string> states_folder() {
    const std::string path = fmt::format("/tmp/pxwrap-{}", ::geteuid());
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return system_error(fmt::format("cannot make the directory {}", named(path)),
                            errno);
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return system_error(fmt::format("cannot use {}", named(path)), errno);
    if (S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() && (info.st_mode & 077) == 0)
        return path;
    return cannot_run(
        fmt::format("{} is not a directory of this user alone", named(path)),
        "whoever can write there could send ranks elsewhere; have it removed");
}

std::vector<std::string> sweep(const std::string &folder) {
    std::vector<std::string> left;
    const std::unique_ptr<DIR, int (*)(DIR *)> files(::opendir(folder.c_str()),
                                                     ::closedir);
    for (const dirent *entry = nullptr;
         files && (entry = ::readdir(files.get())) != nullptr;) {
        const std::string path = folder + '/' + entry->d_name;
        const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
        const auto keeper = read_note(text_of(file.get()));
        if (keeper && is_alive(*keeper)) continue; // which removes it itself
        remove(path, file.get());
        if (keeper && !keeper->container.empty()) left.push_back(keeper->container);
    }
    return left;
}

Result<State> State::open(const std::string &path, seconds patience) {
    const Deadline deadline(patience);
    for (int again = 0; again < most_reopenings; ++again) {
        Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file) return system_error(fmt::format("cannot open {}", named(path)), errno);
        if (::flock(file.get(), LOCK_SH) != 0) return lock_error(path, errno);
        // A keeper that ended while we waited has removed it.
        if (!is_gone(file.get())) return State(std::move(file), path);
    }
    return cannot_run(fmt::format("{} is removed again and again", named(path)),
                      "does something clean that directory?");
}

std::string State::content() const { return text_of(file_.get()); }

std::optional<Keeper> State::keeper() const {
    auto keeper = read_note(content());
    if (!keeper || !is_alive(*keeper)) return std::nullopt;
    return keeper;
}

std::string State::last_container() const {
    const auto keeper = read_note(content());
    return keeper ? keeper->container : "";
}

Result<void> State::lock(seconds patience) const {
    const Deadline deadline(patience);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    if (::fcntl(file_.get(), F_OFD_SETLKW, &whole) == 0) return {};
    return lock_error(path_, errno);
}

void State::unlock() const {
    struct flock whole {};
    whole.l_type = F_UNLCK;
    ::fcntl(file_.get(), F_OFD_SETLK, &whole);
}

void State::note_failure(const Error &error) const {
    const std::string note = fmt::format("!{}{}{}", error.what, '\0', error.hint);
    if (::ftruncate(file_.get(), 0) == 0)
        static_cast<void>(::pwrite(file_.get(), note.data(), note.size(), 0) == 0);
    remove(path_, file_.get());
}

std::optional<Error> State::failure() const {
    const std::string text = content();
    if (!text.starts_with('!')) return std::nullopt;
    const auto end = text.find('\0');
    return cannot_run(text.substr(1, end - 1),
                      end == std::string::npos ? "" : text.substr(end + 1));
}

bool State::note_refusal() const {
    if (is_refused()) return false;
    return ::ftruncate(file_.get(), 0) == 0 && ::pwrite(file_.get(), &refusal, 1, 0) == 1;
}

bool State::is_refused() const { return content().starts_with(refusal); }

Result<std::optional<Keeper>> State::wait_for_keeper(seconds patience,
                                                     int process) const {
    // It often is there already; and to close an inotify takes the kernel 20 ms.
    if (auto found = keeper()) return found;
    const auto until = std::chrono::steady_clock::now() + patience;
    const Fd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!news || ::inotify_add_watch(news.get(), path_.c_str(), IN_MODIFY) < 0)
        return system_error(fmt::format("cannot watch {}", named(path_)), errno);
    for (bool is_last = false;;) {
        auto found = keeper();
        if (found || is_last) return found;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            until - std::chrono::steady_clock::now());
        pollfd waits[] = {{news.get(), POLLIN, 0}, {process, POLLIN, 0}};
        const bool over =
            left.count() <= 0 || ::poll(waits, 2, static_cast<int>(left.count())) == 0;
        if (over) break;
        is_last = waits[1].revents != 0;
        char events[4096];
        while (::read(news.get(), events, sizeof events) > 0) {
        }
    }
    return cannot_run(fmt::format("pxwrap has not come up in the container within {} s",
                                  patience.count()),
                      "can static programs of this machine run in the image?");
}

int keep(const std::string &path, const std::string &container,
         const std::vector<std::string> &environment) {
    const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    const std::string note = note_of(container, environment);
    const bool noted = file && ::ftruncate(file.get(), 0) == 0 &&
                       ::pwrite(file.get(), note.data(), note.size(), 0) ==
                           static_cast<ssize_t>(note.size());
    if (!noted) return 1;
    // As long as it takes: its deadline is the ranks'.
    while (::flock(file.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return 1;
    }
    // Who comes now waits for our end, sees that this file is gone, and makes another.
    remove(path, file.get());
    return 0;
}

int attend(const std::string &path, const std::vector<std::string> &argv) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    Attendant attendant(path, until_attended);
    const pid_t engine = attendant.start(argv);
    // Until no process of the engine is left: as long as ranks want it.
    int result = 1, status = 0;
    for (bool is_kept = false;;) {
        const pid_t pid = ::waitpid(-1, &status, is_kept ? 0 : WNOHANG);
        if (pid < 0 && errno != EINTR) break;
        if (pid == engine && WIFEXITED(status)) result = WEXITSTATUS(status);
        if (pid == 0) is_kept = attendant.has_keeper();
        if (pid == 0 && !is_kept) attendant.wait();
    }
    const int file = attendant.file();
    if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0) remove(path, file);
    return result;
}

int attend_start(const std::string &path, const std::vector<std::string> &argv,
                 seconds patience) {
    Attendant attendant(path, patience);
    const pid_t engine = attendant.start(argv);
    int status = 1;
    for (pid_t pid = 0; (pid = ::waitpid(engine, &status, WNOHANG)) != engine;) {
        if (pid < 0 && errno != EINTR) break;
        if (pid == 0) attendant.wait();
    }
    if (status == 0) return 0; // the keeper has the file
    // The rank that wanted it may have been killed, and no other knows.
    if (attendant.file() >= 0) remove(path, attendant.file());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

} // namespace px::wrapper::container
