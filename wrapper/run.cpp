// run.cpp - the command line, and which of its two lives pxwrap leads: with an assignment
// it is the shim of a rank, without one it becomes the command in place. An assignment
// that holds the command leaves the command line unread.
#include "wrapper/run.h"

#include "wrapper/shim.h"
#include "wrapper/surroundings.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/seat.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <unistd.h>

extern "C" char **environ;

namespace px::wrapper {

namespace {

constexpr const char *help =
    "usage: pxwrap [--engine none] [--] COMMAND [ARG...]\n"
    "Runs one rank of a job. pxlaunch puts it before the command; alone, it becomes "
    "the\ncommand.\n"
    "  --engine none   enter no container\n"
    "  -V, --version   print the version\n"
    "  -h, --help      print this\n";

struct Command {
    std::vector<std::string> argv; // empty: only `text` is to be printed
    std::string text;
};

Result<void> check_engine(const std::string &engine) {
    if (engine == "none") return {};
    return usage_error(fmt::format("--engine: unknown engine {}", named(engine)),
                       "there are: none");
}

Result<Command> parse(const std::vector<std::string> &words) {
    std::size_t at = 0;
    for (; at < words.size() && words[at].starts_with('-'); ++at) {
        const std::string &word = words[at];
        if (word == "-h" || word == "--help") return Command{{}, help};
        if (word == "-V" || word == "--version")
            return Command{{}, "pxwrap " PX_VERSION "\n"};
        if (word == "--") {
            ++at;
            break;
        }
        if (word.starts_with("--engine=")) {
            PX_TRY(check_engine(word.substr(9)));
        } else if (word == "--engine") {
            PX_TRY(check_engine(++at < words.size() ? words[at] : ""));
        } else {
            return usage_error(fmt::format("unknown option {}", named(word)),
                               "pxwrap --help lists them; '--' ends them");
        }
    }
    if (at >= words.size()) return usage_error("no command given", "pxwrap COMMAND");
    return Command{{words.begin() + static_cast<long>(at), words.end()}, {}};
}

int report(const Error &error) {
    (void)write_all(STDERR_FILENO, error_lines(error, "pxwrap"));
    return static_cast<int>(error.exit);
}

// Everything is as it was given to us: only the name in the process table changes.
int become(const std::vector<std::string> &argv) {
    std::vector<char *> words;
    for (const auto &word : argv) words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    const int number = errno;
    Error error = system_error(fmt::format("cannot execute {}", named(argv[0])), number);
    error.exit = number == ENOENT ? Exit::not_found : Exit::not_executable;
    return report(error);
}

// One command for all ranks: which application is this one's, and where it sits, its own
// environment says.
Result<void> run_seated(const std::vector<std::string> &environment) {
    auto hello = PX_TRY(introduce(environment));
    const auto seat =
        PX_TRY(channel::find_seat(environment, hello.rank)).value_or(channel::Seat());
    auto assignment = PX_TRY(channel::find_assignment(environment, seat.app));
    if (!assignment) {
        return cannot_run(fmt::format("application {} of rank {} is not assigned",
                                      seat.app, hello.rank),
                          "is pxwrap of the same release as pxrec?");
    }
    if (auto bound = take_seat(seat); !bound) hello.refused = bound.error();
    return run_shim(std::move(*assignment), std::move(hello), environment);
}

} // namespace

int run(int argc, char **argv) {
    std::vector<std::string> environment;
    for (char **entry = environ; *entry != nullptr; ++entry)
        environment.emplace_back(*entry);
    auto assignment = channel::find_assignment(environment);
    if (!assignment) return report(assignment.error());
    if (assignment->has_value() && !(*assignment)->argv.empty()) {
        const auto status = run_seated(environment);
        return status ? 0 : report(status.error());
    }
    const auto command = parse({argv + 1, argv + argc});
    if (!command) return report(command.error());
    if (command->argv.empty()) {
        return write_all(STDOUT_FILENO, command->text) ? 0 : 1;
    }
    if (!assignment->has_value()) return become(command->argv);
    auto hello = introduce(environment);
    if (!hello) return report(hello.error());
    (*assignment)->argv = command->argv;
    const auto status = run_shim(std::move(**assignment), std::move(*hello), environment);
    return status ? 0 : report(status.error());
}

} // namespace px::wrapper
