// run.cpp - the command line, and which of its lives pxwrap leads: with an assignment it
// is the shim of a rank, without one it becomes the command in place, inside a container
// where an image is named; or it runs an errand. An assignment that holds the command
// leaves the command line unread.
#include "wrapper/run.h"

#include "wrapper/contained.h"
#include "wrapper/container/join.h"
#include "wrapper/errand.h"
#include "wrapper/inside.h"
#include "wrapper/shim.h"
#include "wrapper/surroundings.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/channel/errand.h"
#include "pxlaunch/channel/seat.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <unistd.h>

extern "C" char **environ;

namespace px::wrapper {

namespace {

int report(const Error &error) {
    (void)write_all(STDERR_FILENO, error_lines(error, "pxwrap"));
    return static_cast<int>(error.exit);
}

// Without an image everything is as it was given to us: only the name in the process
// table changes. Unless this is a container of one rank already, whose engine needs help.
Error become_plain(const Options &options, std::vector<std::string> environment) {
    if (!options.is_coded && options.guard.empty())
        return become_outside(options, environment);
    if (!options.is_coded) { // an engine's client
        return run_guarded(options.guard,
                           [&] { return report(become(options.argv, environment)); });
    }
    std::vector<std::string> argv;
    for (const auto &word : options.argv) {
        auto bytes = decoded(word);
        if (!bytes) return bytes.error();
        argv.push_back(std::move(*bytes));
    }
    auto plain = with_decoded(environment);
    if (!plain) return plain.error();
    environment = std::move(*plain);
    if (!options.search_first.empty()) search_first(environment, options.search_first);
    const auto execute = [&] {
        return become(argv, environment, options.path, " in the image");
    };
    if (options.guard.empty()) return execute();
    return run_guarded(options.guard, [&] { return report(execute()); });
}

Error become_asked(const Options &options, const std::vector<std::string> &environment) {
    const auto engine = choose_engine(options);
    if (!engine) return engine.error();
    if ((*engine)->program == nullptr) return become_plain(options, environment);
    const auto request = make_request(options, environment, **engine);
    if (!request) return request.error();
    return become_contained(**engine, *request, environment);
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
    if (argc == 2 && std::string_view(argv[1]) == channel::errand_option) {
        const auto status = run_errand(environment);
        return status ? 0 : report(status.error());
    }
    auto assignment = channel::find_assignment(environment);
    if (!assignment) return report(assignment.error());
    if (assignment->has_value() && !(*assignment)->argv.empty()) {
        const auto status = run_seated(environment);
        return status ? 0 : report(status.error());
    }
    const auto options = parse({argv + 1, argv + argc}, environment);
    if (!options) return report(options.error());
    if (!options->text.empty()) {
        return write_all(STDOUT_FILENO, options->text) ? 0 : 1;
    }
    if (!options->key.empty()) {
        return container::keep(fmt::format("{}/{}", engines::keeper_folder, options->key),
                               options->argv.empty() ? "" : options->argv[0],
                               environment);
    }
    if (!options->attended.empty())
        return container::attend(options->attended, options->argv);
    if (!options->started.empty())
        return container::attend_start(options->started, options->argv);
    if (!options->remover.empty())
        return container::remove_dead(options->remover, options->argv);
    if (!assignment->has_value()) return report(become_asked(*options, environment));
    auto hello = introduce(environment);
    if (!hello) return report(hello.error());
    (*assignment)->argv = options->argv;
    const auto status = run_shim(std::move(**assignment), std::move(*hello), environment);
    return status ? 0 : report(status.error());
}

} // namespace px::wrapper
