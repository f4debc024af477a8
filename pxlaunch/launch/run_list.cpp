// run_list.cpp - --jobs: one server for all lines, and a pxlaunch for each.
#include "pxlaunch/joblist/run_list.h"
#include "pxlaunch/joblist/read_list.h"
#include "pxlaunch/launch/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace px::launch {

namespace {

using Words = std::vector<std::string>;

constexpr std::size_t most_of_list = 256 << 20; // bytes
constexpr std::size_t most_errors = 20;

// From where it stands, whatever it is: a script may have read some lines.
Result<std::string> all_of_stdin() {
    std::string text;
    char bytes[64 << 10];
    while (text.size() <= most_of_list) {
        const auto got = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (got == 0) return text;
        if (got < 0 && errno != EINTR)
            return system_error("cannot read standard input", errno);
        if (got > 0) text.append(bytes, static_cast<std::size_t>(got));
    }
    return usage_error(
        fmt::format("more than {} MB of standard input", most_of_list >> 20),
        "cut the list in parts");
}

Result<std::string> list_text(const std::string &path) {
    auto text = path == "-" ? all_of_stdin() : read_file(path, most_of_list);
    if (text) return text;
    return usage_error(fmt::format("--jobs: {}", text.error().what), text.error().hint);
}

// Nothing says how many ranks it has.
bool is_uncounted(const cli::Options &options) {
    if (options.apps.size() != 1) return false;
    const auto &app = options.apps.front();
    return !app.np && !app.per_node && !(options.map && options.map->per_object > 0);
}

// The command lines of pxlaunch, each of which it would accept.
class Entries {
  public:
    Entries(const cli::Command &command, const job::Environment &environment)
        : command_(command), environment_(environment) {
        if (!command.options.apps.empty()) program_ = command.options.apps[0].argv;
    }

    cli::Checked<std::vector<joblist::Entry>> run(const std::string &text) {
        auto lines = joblist::read_list(text);
        all_.errors = std::move(lines.errors);
        for (const auto &line : lines.value) add(line);
        return std::move(all_);
    }

  private:
    void add(const joblist::Line &line) {
        Words words = program_;
        if (!words.empty()) words.insert(words.begin(), "--");
        words.insert(words.end(), line.words.begin(), line.words.end());
        Words argv = {"pxlaunch"};
        argv.insert(argv.end(), command_.common.begin(), command_.common.end());
        const auto before = static_cast<long>(argv.size());
        argv.insert(argv.end(), words.begin(), words.end());
        std::vector<const char *> pointers;
        for (const auto &word : argv) pointers.push_back(word.c_str());
        const auto parsed = cli::parse_command_line(static_cast<int>(pointers.size()),
                                                    pointers.data(), environment_);
        for (const auto &error : parsed.errors) {
            all_.errors.push_back(usage_error(
                fmt::format("line {}: {}", line.number, error.what), error.hint));
        }
        if (parsed && is_uncounted(parsed.value.options))
            argv.insert(argv.begin() + before, "--np=1");
        all_.value.push_back({line.number, std::move(argv)});
    }

    const cli::Command &command_;
    const job::Environment &environment_;
    Words program_;
    cli::Checked<std::vector<joblist::Entry>> all_;
};

int refuse(const std::vector<Error> &errors) {
    for (std::size_t i = 0; i < std::min(errors.size(), most_errors); ++i)
        print_error(errors[i]);
    if (errors.size() > most_errors) {
        print_error(usage_error(fmt::format("{} more lines of the list are wrong",
                                            errors.size() - most_errors)));
    }
    return static_cast<int>(Exit::usage);
}

// It was read, and is to be read again.
Result<void> put_to_stdin(const std::string &text) {
    const Fd list(::memfd_create("jobs", MFD_CLOEXEC));
    if (!list) return system_error("cannot keep the list of jobs", errno);
    PX_TRY(write_all(list.get(), text));
    ::lseek(list.get(), 0, SEEK_SET);
    ::dup2(list.get(), STDIN_FILENO);
    return {};
}

} // namespace

Result<int> Launch::run_list() {
    const auto text = PX_TRY(list_text(command_.options.jobs));
    auto entries = Entries(command_, surroundings_.environment).run(text);
    if (!entries) return refuse(entries.errors);
    if (entries->empty()) return 0;
    const auto found = PX_TRY(find_server());
    if (found.kind != discover::Found::attach) return under_server(text);
    return run_entries(std::move(entries.value), found.cores);
}

// This process becomes 'pxrec run', which starts us again with the address of its server.
Result<int> Launch::under_server(const std::string &text) {
    const auto &options = command_.options;
    const auto own = tool::own_path();
    if (!own) return cannot_run("cannot find out where pxlaunch itself is");
    const std::string pxrec = PX_TRY(tool::find_pxrec());
    Words words = {
        "pxrec", "run", "--many",
        fmt::format("--start-timeout={}ms", options.limits.start_timeout.count())};
    if (!options.rec.empty()) words.push_back("--rec=" + options.rec);
    if (!options.hostfile.empty()) words.push_back("--hostfile=" + options.hostfile);
    words.insert(words.end(),
                 {"--", *own, "--jobs=-", fmt::format("--retries={}", options.retries),
                  fmt::format("--keep-going={}", options.keep_going)});
    if (options.parallel)
        words.push_back(fmt::format("--parallel={}", *options.parallel));
    words.insert(words.end(), command_.common.begin(), command_.common.end());
    const auto &program = options.apps.front().argv;
    if (!program.empty()) words.emplace_back("--");
    words.insert(words.end(), program.begin(), program.end());
    PX_TRY(put_to_stdin(text));
    ::unsetenv("PXLAUNCH_REC"); // as the server is, and not a second one
    std::vector<char *> argv;
    for (auto &word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(pxrec.c_str(), argv.data());
    return start_error(fmt::format("cannot start '{}'", pxrec), errno);
}

Result<int> Launch::run_entries(std::vector<joblist::Entry> entries, int cores) {
    const auto &options = command_.options;
    if (!options.rec.empty()) {
        for (auto &entry : entries)
            entry.argv.insert(entry.argv.begin() + 1, "--rec=" + options.rec);
    }
    const auto own = tool::own_path();
    if (!own) return cannot_run("cannot find out where pxlaunch itself is");
    ::signal(SIGCHLD, SIG_DFL);
    auto wanted = options.limits.forward_signals;
    wanted.push_back(SIGCHLD);
    signals_ = PX_TRY(drive::Signals::block(wanted));
    if (cores <= 0) cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    const std::size_t all = entries.size();
    joblist::Runner runner(*PX_TRY(loop()), *signals_, *own, std::move(entries),
                           {options.parallel.value_or(std::max(1, cores)),
                            options.retries, options.keep_going});
    const auto outcome = PX_TRY(runner.run());
    const auto what = joblist::text_of(outcome, all);
    if (what.empty()) return 0;
    Error error = cannot_run(what);
    if (outcome.not_started > 0 && outcome.interrupted == 0)
        error.hint = "--keep-going starts them all the same";
    print_error(error);
    return outcome.interrupted != 0 ? killed_by(outcome.interrupted) : 1;
}

} // namespace px::launch
