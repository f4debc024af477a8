// command_run.cpp - pxrec run: a server, a command with it, and nothing afterwards.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/message.h"
#include "pxlaunch/process/command.h"
#include "rec/cli/background.h"
#include "rec/cli/commands.h"
#include "rec/cli/foreground.h"
#include "rec/cli/script.h"
#include "rec/cli/script_environment.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::rec {

namespace {

constexpr int end_of_server_ms = 10'000;

Result<std::string> directory_of(const Arguments &arguments) {
    char *found = ::getcwd(nullptr, 0);
    const std::string here = found == nullptr ? "" : found;
    std::free(found);
    const auto given = arguments.value("directory");
    if (given && given->starts_with('/')) return *given;
    if (here.empty()) {
        return cannot_run("the working directory does not exist any more",
                          "go to another one, or choose one with -C");
    }
    return given ? fmt::format("{}/{}", here, *given) : here;
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
Result<Program> find_program(const Arguments &arguments, const discover::Here &here) {
    job::App app;
    app.argv = arguments.words;
    app.directory = PX_TRY(directory_of(arguments));
    app.env = script_environment(here, PX_TRY(given_variables(arguments)));
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

Result<int> run_with(const Background &server, Program program,
                     const Arguments &arguments, const discover::Here &here) {
    auto variables = script_variables(here, server.server, server.document, count_gpus());
    // The script may go to a place that does not have the document.
    variables.emplace_back(discover::rendezvous_variable,
                           discover::rendezvous_text(server.server));
    program.environment = script_environment(here, variables);
    for (const auto &[name, value] : PX_TRY(given_variables(arguments))) {
        job::set_variable(program.environment, name, value);
    }
    if (arguments.has("directory")) {
        job::set_variable(program.environment, "PWD", program.directory);
    }
    auto foreground = Foreground::prepare();
    PX_TRY(foreground.start(program));
    return foreground.wait();
}

} // namespace

Result<int> command_run(const Arguments &arguments) {
    const Site site = look_around();
    auto options = PX_TRY(pool_options(arguments, site));
    options.of_script = true;
    const auto deadline = PX_TRY(arguments.duration("start-timeout"));
    Program program = PX_TRY(find_program(arguments, site.here));
    const std::string warning = PX_TRY(may_serve(site, options.method));
    if (!warning.empty()) (void)write_all(STDERR_FILENO, message_lines(warning, "pxrec"));

    auto server = PX_TRY(start_in_background(options, site.here,
                                             deadline.value_or(std::chrono::minutes(1))));
    auto status = run_with(server, std::move(program), arguments, site.here);
    end_server(server);
    return status;
}

} // namespace px::rec
