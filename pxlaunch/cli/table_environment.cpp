// table_environment.cpp - the options of "Environment".
#include "pxlaunch/cli/setters.h"

namespace px::cli {

namespace {

Result<void> add_env(Options &, AppOptions &app, Value value) {
    app.env.push_back(PX_TRY(job::parse_env_edit(value)));
    return {};
}
Result<void> add_unset(Options &, AppOptions &app, Value value) {
    app.env.push_back(PX_TRY(job::parse_unset_env(value)));
    return {};
}
Result<void> add_file(Options &job, AppOptions &, Value value) {
    job.env_files.push_back(PX_TRY(not_empty(value, "the name of a file")));
    return {};
}
template <auto Member>
Result<void> set_path(Options &, AppOptions &app, Value value) {
    app.*Member = PX_TRY(not_empty(value, "a directory"));
    return {};
}

std::vector<Option> variable_options() {
    return {
        {.name = "env",
         .letter = 'x',
         .argument = "NAME[=VALUE]",
         .group = Group::environment,
         .scope = Scope::app,
         .adds_up = true,
         .set = add_env,
         .help = "set or forward a variable, or a pattern of them",
         .more =
             "NAME=VALUE sets a variable of the ranks. NAME forwards it as it is here, "
             "also if it is one that is never forwarded by itself. A pattern with * or "
             "? forwards all variables that match. May be repeated."},
        {.name = "unset-env",
         .argument = "NAME",
         .group = Group::environment,
         .scope = Scope::app,
         .adds_up = true,
         .set = add_unset,
         .help = "remove a variable, or a pattern of them",
         .more = "The ranks do not get this variable, or those that match this pattern. "
                 "-x and --unset-env act in the order given. May be repeated."},
        {.name = "env-file",
         .argument = "FILE",
         .group = Group::environment,
         .adds_up = true,
         .set = add_file,
         .help = "set the variables that FILE names",
         .more = "One NAME=VALUE or NAME a line, values as they are, without quotes; '#' "
                 "starts a comment line. Entries may also end in NUL bytes, as those of "
                 "env -0. -x comes after it. May be repeated."},
        {.name = "env-all",
         .group = Group::environment,
         .set = set_flag<&Options::env_all>,
         .help = "forward the whole environment",
         .more = "Forward pxlaunch's whole environment, which is the default where the "
                 "ranks see the same files. Variables of one process of a launcher "
                 "(PMIX_*, SLURM_PROCID, ...), HOSTNAME and XDG_RUNTIME_DIR stay here."},
        {.name = "no-env",
         .group = Group::environment,
         .set = set_flag<&Options::no_env>,
         .help = "forward nothing but -x and --env-file",
         .more = "Forward nothing of pxlaunch's environment but what -x and --env-file "
                 "name."},
    };
}

std::vector<Option> directory_options() {
    return {
        {.name = "wdir",
         .letter = 'C',
         .spellings = {"-wdir"},
         .argument = "DIR",
         .group = Group::environment,
         .scope = Scope::app,
         .set = set_path<&AppOptions::directory>,
         .help = "start the ranks in DIR",
         .more =
             "The working directory of the ranks; a relative one starts from here. The "
             "default is the current directory, as $PWD spells it. It is an error, "
             "naming the node, if it does not exist there."},
        {.name = "path",
         .spellings = {"-path"},
         .argument = "DIR[:DIR...]",
         .group = Group::environment,
         .scope = Scope::app,
         .set = set_path<&AppOptions::path>,
         .help = "look for the command there, not in PATH",
         .more = "Directories in which a command without a slash is looked for. The "
                 "default is PATH of the ranks' environment."},
    };
}

} // namespace

std::vector<Option> environment_options() {
    auto all = variable_options();
    for (auto &row : directory_options()) all.push_back(row);
    return all;
}

} // namespace px::cli
