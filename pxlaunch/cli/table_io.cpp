// table_io.cpp - the options of "Input and output".
#include "pxlaunch/cli/setters.h"

namespace px::cli {

namespace {

std::vector<Word> stdin_words() {
    return {{"RANK", "the rank with this number"},
            {"all", "every rank gets all of it"},
            {"none", "the ranks read /dev/null"}};
}

Result<void> set_stdin(Options &job, AppOptions &, Value value) {
    job::Stdin input;
    if (value == "all") {
        input.to = job::StdinTo::all;
    } else if (value == "none") {
        input.to = job::StdinTo::none;
    } else {
        const auto rank = parse_number(value);
        if (!rank) return wrong_word(value, stdin_words());
        input.rank = static_cast<int>(*rank);
    }
    job.io.input = input;
    job.input_given = true;
    return {};
}

template <auto Member>
Result<void> set_io(Options &job, AppOptions &, Value value) {
    job.io.*Member = PX_TRY(parse_flag(value));
    return {};
}

Result<void> set_output(Options &job, AppOptions &, Value value) {
    if (value.empty()) {
        return usage_error("expected a directory or a pattern, got ''",
                           "write DIR/, or a name with %r");
    }
    for (std::size_t at = value.find('%'); at != std::string::npos;
         at = value.find('%', at + 2)) {
        if (at + 1 < value.size() &&
            std::string_view("rhjan%").find(value[at + 1]) != std::string_view::npos) {
            continue;
        }
        return usage_error(
            fmt::format("'{}' means nothing in '{}'", value.substr(at, 2), value),
            "use %r rank, %h host, %j job, %a application, %n rank on its node, %% %");
    }
    job.io.files = value;
    return {};
}

} // namespace

std::vector<Option> io_options() {
    return {
        {.name = "stdin",
         .argument = "RANK|all|none",
         .group = Group::io,
         .words = stdin_words,
         .set = set_stdin,
         .help = "who reads our standard input; default: rank 0",
         .more =
             "The rank that reads our standard input, or all, or none. The default is "
             "rank 0; none if pxlaunch runs in the background of a terminal."},
        {.name = "tag",
         .group = Group::io,
         .set = set_io<&job::Io::tag>,
         .help = "begin each line with 'RANK: '",
         .more =
             "Each line of standard output and standard error begins with the rank, a "
             "colon and a space."},
        {.name = "timestamp",
         .group = Group::io,
         .set = set_io<&job::Io::timestamp>,
         .help = "begin each line with the time",
         .more = "Each line begins with the time at which it arrived."},
        {.name = "output",
         .argument = "DIR/|PATTERN",
         .group = Group::io,
         .set = set_output,
         .help = "write each rank's output to a file",
         .more = "With a slash at the end: the directory in which each rank gets its "
                 "files. Else a pattern: %r rank, %h host, %j job, %a application, %n "
                 "rank on its node, %% a percent sign."},
        {.name = "merge-stderr",
         .group = Group::io,
         .set = set_io<&job::Io::merge_stderr>,
         .help = "treat the ranks' standard error as output",
         .more =
             "What the ranks write to standard error goes where their standard output "
             "goes."},
        {.name = "pty",
         .group = Group::io,
         .set = set_io<&job::Io::pty>,
         .help = "give rank 0 a terminal",
         .more = "Rank 0 has a terminal of its own, for shells and debuggers. Not with "
                 "--tag, --timestamp, --output, or another reader of standard input."},
    };
}

} // namespace px::cli
