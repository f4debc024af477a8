// table_many.cpp - the options of "Many jobs".
#include "pxlaunch/cli/setters.h"

namespace px::cli {

namespace {

Result<void> set_jobs(Options &job, AppOptions &, Value value) {
    job.jobs = PX_TRY(not_empty(value, "the name of a file, or -"));
    return {};
}

Result<void> set_parallel(Options &job, AppOptions &, Value value) {
    const long number = PX_TRY(parse_number(value, 10'000));
    if (number == 0) return usage_error("expected at least 1, got '0'");
    job.parallel = static_cast<int>(number);
    return {};
}

Result<void> set_retries(Options &job, AppOptions &, Value value) {
    job.retries = static_cast<int>(PX_TRY(parse_number(value, 1'000'000)));
    return {};
}

} // namespace

std::vector<Option> many_options() {
    return {
        {.name = "jobs",
         .argument = "FILE|-",
         .group = Group::many,
         .layered = false,
         .set = set_jobs,
         .help = "run a job for each line of FILE; status 0, or 1 if any failed",
         .more =
             "Run a job for each line of FILE, or of standard input: the line is a "
             "command line of pxlaunch, [OPTIONS] COMMAND [ARG...], or, where a COMMAND "
             "is "
             "given here, what is added to that. Words may be quoted as for a shell, and "
             "# "
             "begins a comment; nothing else of a line is evaluated. Options given here "
             "are those of every job, and a job without -n and -N has one rank. All "
             "lines "
             "are checked before anything starts. The jobs have no input, and share one "
             "server, which is started for them where none runs. The exit status is 0, "
             "or "
             "1 if any job failed."},
        {.name = "parallel",
         .argument = "N",
         .group = Group::many,
         .set = set_parallel,
         .help = "run at most N of these jobs at once; default: one a core",
         .more =
             "Run at most N jobs of --jobs at once. By default there are as many as the "
             "server has cores, and those that do not fit wait for their turn."},
        {.name = "keep-going",
         .group = Group::many,
         .set = set_flag<&Options::keep_going>,
         .help = "go on with these jobs after one has failed",
         .more =
             "Start further jobs of --jobs after one has failed. Without it those that "
             "run are waited for, and no other is started."},
        {.name = "retries",
         .argument = "N",
         .group = Group::many,
         .set = set_retries,
         .help = "run one of these jobs that fails up to N times more",
         .more = "Run a job of --jobs that fails again, up to N times."},
    };
}

} // namespace px::cli
