// command_run.cpp - pxrec run: a server, a command with it, and nothing afterwards.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/process/command.h"
#include "pxlaunch/process/leftovers.h"
#include "rec/cli/background.h"
#include "rec/cli/commands.h"
#include "rec/cli/foreground.h"
#include "rec/cli/script.h"
#include "rec/cli/script_environment.h"
#include "rec/cli/script_in_image.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::rec {

namespace {

constexpr int end_of_server_ms = 10'000;

constexpr int grace_ms = 10'000;
constexpr int end_of_container_ms = 5000; // podman is slow on a busy machine

Result<std::string> current_directory() {
    char *found = ::getcwd(nullptr, 0);
    const std::string here = found == nullptr ? "" : found;
    std::free(found);
    if (!here.empty()) return here;
    return cannot_run("the working directory does not exist any more",
                      "go to another one, or choose one with -C");
}

Result<std::string> directory_of(const Arguments &arguments) {
    const auto given = arguments.value("directory");
    if (given && given->starts_with('/')) return *given;
    auto here = current_directory();
    return here && given ? fmt::format("{}/{}", *here, *given) : std::move(here);
}

Result<Variables> given_variables(const Arguments &arguments) {
    Variables all;
    for (const auto &text : arguments.all("env")) {
        auto edit = job::parse_env_edit(text);
        if (!edit) {
            return usage_error(fmt::format("-x: {}", edit.error().what),
                               edit.error().hint);
        }
        // A name alone is passed on anyhow.
        if (edit->kind == job::EnvEdit::Kind::set)
            all.emplace_back(edit->name, edit->value);
    }
    return all;
}

// Before anything is started: a command that is not there costs no server.
Result<Program> find_program(const Arguments &arguments, const Site &site) {
    if (arguments.has("image")) {
        const auto directory = PX_TRY(current_directory());
        const auto settings = PX_TRY(image_settings(arguments, site, directory));
        return in_image(arguments, settings, directory);
    }
    job::App app;
    app.argv = arguments.words;
    app.directory = PX_TRY(directory_of(arguments));
    app.env = script_environment(site.here, PX_TRY(given_variables(arguments)));
    if (app.argv[0].empty()) {
        return usage_error("pxrec run: the command is empty",
                           "an unset variable in quotes is an empty word");
    }
    auto path = process::find_command(app);
    if (!path) {
        auto error = std::move(path).error();
        const bool searched = app.argv[0].find('/') == std::string::npos;
        if (error.exit == Exit::not_found && searched) {
            error.hint = "give its path, or change PATH, with -x PATH=... for it alone";
        }
        return error;
    }
    return Program{std::move(*path), app.argv, std::move(app.env), app.directory};
}

void end_server(Background &server) {
    say_goodbye(server.keepalive.get());
    server.keepalive.reset();
    for (int waited = 0; waited < end_of_server_ms; waited += 5) {
        if (::waitpid(server.guard, nullptr, WNOHANG) != 0) return;
        ::poll(nullptr, 0, 5);
    }
}

Result<job::Environment> own_environment(const Arguments &arguments,
                                         const discover::Here &here,
                                         const Variables &variables,
                                         const std::string &directory) {
    auto environment = script_environment(here, variables);
    for (const auto &[name, value] : PX_TRY(given_variables(arguments)))
        job::set_variable(environment, name, value);
    if (arguments.has("directory")) job::set_variable(environment, "PWD", directory);
    return environment;
}

// A script in an image is the whole of what runs there, as with podman run: who was told
// to end has the time for it, all others had it.
void end_rest(Foreground &foreground, const std::string &document) {
    if (foreground.was_ended()) {
        signal_script(document, SIGTERM);
        constexpr int step_ms = 20;
        for (int waited = 0; waited < grace_ms && is_anyone_left(document);
             waited += step_ms) {
            if (foreground.is_ended_within(step_ms)) break;
        }
    }
    kill_script(document);
}

Result<int> run_with(const Background &server, Program program,
                     const Arguments &arguments, const Site &site) {
    auto variables =
        script_variables(site.here, server.server, server.document, count_gpus());
    // The script may go to a place that does not have the document.
    variables.emplace_back(discover::rendezvous_variable,
                           discover::rendezvous_text(server.server));
    const bool is_inside = arguments.has("image");
    program.environment =
        is_inside
            ? PX_TRY(image_environment(arguments, site, variables, program.directory))
            : PX_TRY(own_environment(arguments, site.here, variables, program.directory));
    // Its container is that of no other script.
    if (is_inside)
        program.argv.insert(program.argv.begin() + 1, "--job=" + server.document);
    auto foreground = Foreground::prepare();
    PX_TRY(foreground.start(program));
    const int status = foreground.wait();
    if (is_inside) end_rest(foreground, server.document);
    return status;
}

} // namespace

Result<int> command_run(const Arguments &arguments) {
    const Site site = look_around();
    auto options = PX_TRY(arguments.has("many")
                              ? options_for_many(arguments, site)
                              : pool_options(arguments, site, named_rec(arguments)));
    options.of_script = true;
    const auto deadline = PX_TRY(arguments.duration("start-timeout"));
    Program program = PX_TRY(find_program(arguments, site));
    const std::string warning = PX_TRY(may_serve(site, options.method));
    if (!warning.empty()) (void)write_all(STDERR_FILENO, message_lines(warning, "pxrec"));

    auto server = PX_TRY(start_in_background(options, site.here,
                                             deadline.value_or(std::chrono::minutes(1))));
    // What a script in an image orphans is ours, whatever environment it has; and so is
    // what keeps its container, which is gone when we end.
    const bool is_inside = arguments.has("image");
    if (is_inside) process::become_subreaper();
    auto status = run_with(server, std::move(program), arguments, site);
    end_server(server);
    if (is_inside) process::kill_all_descendants(end_of_container_ms);
    return status;
}

} // namespace px::rec
