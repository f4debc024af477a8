// table_inspect.cpp - the options of "Inspect" and "For scripts".
#include "pxlaunch/cli/setters.h"

namespace px::cli {

namespace {

std::vector<Word> display_words() {
    return {{"map", "a picture of nodes, packages, cores and ranks"},
            {"bind", "the cores of each rank"},
            {"alloc", "the nodes and cores that may be used"}};
}

Result<void> add_display(Options &job, AppOptions &, Value value) {
    for (const auto &word : split(value, ',')) {
        if (word == "map")
            job.display.map = true;
        else if (word == "bind")
            job.display.bind = true;
        else if (word == "alloc")
            job.display.alloc = true;
        else
            return wrong_word(word, display_words());
    }
    return {};
}

// -v counts; a number, as from a file, says how many.
Result<void> add_verbose(Options &job, AppOptions &, Value value) {
    if (value == "true") {
        ++job.verbose;
        return {};
    }
    const auto number = parse_number(value, 9);
    if (number)
        job.verbose = static_cast<int>(*number);
    else if (PX_TRY(parse_flag(value)))
        job.verbose = 1;
    else
        job.verbose = 0;
    return {};
}

Result<void> set_help(Options &job, AppOptions &, Value value) {
    job.help = value;
    return {};
}

Result<void> set_status_fd(Options &job, AppOptions &, Value value) {
    const long number = PX_TRY(parse_number(value, 1'000'000));
    if (number == 0) {
        return usage_error("descriptor 0 is standard input",
                           "open one for writing, as in --status-fd 3 3>FILE");
    }
    job.status_fd = static_cast<int>(number);
    return {};
}

Result<void> set_report(Options &job, AppOptions &, Value value) {
    job.report = PX_TRY(not_empty(value, "the name of a file"));
    return {};
}

} // namespace

std::vector<Option> inspect_options() {
    return {
        {.name = "probe",
         .group = Group::inspect,
         .set = set_flag<&Options::probe>,
         .help = "print what is here and what would be used; run nothing",
         .more =
             "Look for servers and print each with what it can do and why it would be "
             "used or not. Runs nothing, needs no command."},
        {.name = "explain",
         .group = Group::inspect,
         .set = set_flag<&Options::explain>,
         .help = "print every decision and its reason; run nothing",
         .more =
             "Print what would be done and why: the server, counts, placement, and the "
             "origin of every option that was given. Runs nothing."},
        {.name = "dry-run",
         .group = Group::inspect,
         .set = set_flag<&Options::dry_run>,
         .help = "print the plan as JSON; run nothing",
         .more =
             "Print the plan as a JSON document: the exact argument vectors, what "
             "changes in the environment, placement and limits. A string that is no "
             "UTF-8 is an object {\"text\": with U+FFFD in it, \"hex\": its bytes}. Runs "
             "nothing."},
        {.name = "display",
         .argument = "WORD,...",
         .group = Group::inspect,
         .adds_up = true,
         .words = display_words,
         .set = add_display,
         .help = "show map, bind or alloc before the job starts",
         .more =
             "Show where the ranks are placed (map), the cores of each (bind), or what "
             "may be used (alloc), on standard error, before the job starts."},
        {.name = "verbose",
         .letter = 'v',
         .group = Group::inspect,
         .set = add_verbose,
         .help = "say what is done; repeat for more",
         .more = "Say on standard error what pxlaunch does, and why; twice: more of it."},
        {.name = "version",
         .letter = 'V',
         .group = Group::inspect,
         .layered = false,
         .set = set_flag<&Options::version>,
         .help = "print the version",
         .more = "Print the version and end."},
        {.name = "help",
         .letter = 'h',
         .argument = "[TOPIC]",
         .group = Group::inspect,
         .layered = false,
         .set = set_help,
         .help = "print this, or more: --help=io, --help=--map-by",
         .more =
             "Print a summary; with a topic, as in --help=io or --help=--map-by, more "
             "of a group or an option. --help=exit lists the exit statuses."},
    };
}

std::vector<Option> script_options() {
    return {
        {.name = "json",
         .group = Group::scripts,
         .set = set_flag<&Options::json>,
         .help = "print --probe, --explain and --display as JSON",
         .more = "What --probe, --explain and --display print is a JSON document."},
        {.name = "status-fd",
         .argument = "FD",
         .group = Group::scripts,
         .set = set_status_fd,
         .help = "write events to descriptor FD, one JSON a line",
         .more = "Write the events of the job to this open descriptor, one JSON object a "
                 "line."},
        {.name = "report",
         .argument = "FILE",
         .group = Group::scripts,
         .set = set_report,
         .help = "write a report of the job to FILE",
         .more =
             "Write a JSON report, with \"version\", to FILE when the job starts, and "
             "again when it has ended."},
    };
}

} // namespace px::cli
