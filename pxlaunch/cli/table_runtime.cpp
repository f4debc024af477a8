// table_runtime.cpp - the options of "Runtime".
#include "pxlaunch/cli/setters.h"
#include "pxlaunch/cli/signals.h"
#include "pxlaunch/discover/discover.h"

#include <algorithm>

namespace px::cli {

namespace {

std::vector<Word> rec_words() {
    std::vector<Word> words;
    for (const auto &rec : discover::rec_names())
        words.push_back({rec.name, rec.meaning});
    return words;
}
std::vector<Word> failure_words() {
    return {{"kill", "end the other ranks (the default)"},
            {"wait", "let the others finish; same exit status"},
            {"ignore", "let the others finish; exit status 0"}};
}
std::vector<Word> timeout_words() {
    return {{"stacks", "print every rank's call stack before it is ended"}};
}

// Whether this one takes an argument is for discovery to say.
Result<void> set_rec(Options &job, AppOptions &, Value value) {
    const auto words = rec_words();
    const std::string name = value.substr(0, value.find(':'));
    if (std::none_of(words.begin(), words.end(),
                     [&](const Word &word) { return word.word == name; })) {
        return wrong_word(name, words);
    }
    job.rec = value;
    return {};
}

Result<void> set_uri(Options &job, AppOptions &, Value value) {
    if (value.empty() || value == "file:") {
        return usage_error(fmt::format("expected a URI or file:PATH, got '{}'", value));
    }
    job.uri = value;
    return {};
}

Result<void> set_no_start(Options &job, AppOptions &, Value value) {
    job.no_start = PX_TRY(parse_flag(value));
    return {};
}

Result<void> set_pxwrap(Options &job, AppOptions &, Value value) {
    if (!value.starts_with('/'))
        return usage_error(fmt::format("expected an absolute path, got '{}'", value));
    job.pxwrap = value;
    return {};
}

template <auto Member>
Result<void> set_time(Options &job, AppOptions &, Value value) {
    job.limits.*Member = PX_TRY(parse_duration(value));
    return {};
}

Result<void> set_timeout(Options &job, AppOptions &, Value value) {
    const auto time = PX_TRY(parse_duration(value));
    if (time.count() == 0)
        job.limits.timeout.reset(); // as MPIEXEC_TIMEOUT=0
    else
        job.limits.timeout = time;
    return {};
}

Result<void> set_on_timeout(Options &job, AppOptions &, Value value) {
    if (value != "stacks") return wrong_word(value, timeout_words());
    job.limits.stacks_on_timeout = true;
    return {};
}

Result<void> set_on_failure(Options &job, AppOptions &, Value value) {
    if (value == "kill")
        job.limits.on_failure = job::OnFailure::kill;
    else if (value == "wait")
        job.limits.on_failure = job::OnFailure::wait;
    else if (value == "ignore")
        job.limits.on_failure = job::OnFailure::ignore;
    else
        return wrong_word(value, failure_words());
    return {};
}

Result<void> set_signals(Options &job, AppOptions &, Value value) {
    job.limits.forward_signals = PX_TRY(parse_forward_signals(value));
    return {};
}

std::vector<Option> server_options() {
    return {
        {.name = "rec",
         .argument = "NAME[:ARG]",
         .group = Group::runtime,
         .words = rec_words,
         .set = set_rec,
         .help = "use this kind of server, and no other",
         .more =
             "The runtime to use: a word of --rec=help. An explicit choice never falls "
             "back to another one."},
        {.name = "uri",
         .argument = "URI|file:PATH",
         .group = Group::runtime,
         .set = set_uri,
         .help = "use the server at this address, and no other",
         .more = "The PMIx server to use: its URI, or file: and the path of a file that "
                 "holds it."},
        {.name = "no-start",
         .group = Group::runtime,
         .set = set_no_start,
         .help = "use a running server, start none",
         .more = "Use a server that is running; if there is none, that is an error."},
        {.name = "pxwrap",
         .argument = "PATH",
         .group = Group::runtime,
         .set = set_pxwrap,
         .help = "where pxwrap is on the nodes; beside pxlaunch",
         .more = "The path of pxwrap on the nodes of a server that is not pxrec's, or "
                 "that this pxlaunch starts for a Slurm job; for a pxlaunch that is "
                 "installed apart from it, as in a container. The default is what the "
                 "keeper of a DVM says, else the directory of pxlaunch."},
    };
}

std::vector<Option> limit_options() {
    return {
        {.name = "timeout",
         .argument = "TIME",
         .group = Group::runtime,
         .set = set_timeout,
         .help = "end the job after TIME: 90, 90s, 10m, 2h, 1:30:00",
         .more =
             "End the job, with status 124, when it has run this long: seconds, or 90s "
             "10m 2h 1d H:MM:SS. 0 is no limit. MPIEXEC_TIMEOUT is honoured."},
        {.name = "start-timeout",
         .argument = "TIME",
         .group = Group::runtime,
         .set = set_time<&job::Limits::start_timeout>,
         .help = "give up if the job has not started by then; 60s",
         .more = "How long reaching the server and starting the ranks may take. The "
                 "default is 60 s."},
        {.name = "grace",
         .argument = "TIME",
         .group = Group::runtime,
         .set = set_time<&job::Limits::grace>,
         .help = "from SIGTERM to SIGKILL; 10s",
         .more = "When the job is ended, the ranks get SIGTERM, and this long after it "
                 "SIGKILL. The default is 10 s."},
        {.name = "on-timeout",
         .argument = "stacks",
         .group = Group::runtime,
         .words = timeout_words,
         .set = set_on_timeout,
         .help = "print every rank's call stack first",
         .more = "What to do when --timeout is over, before the job is ended: stacks "
                 "prints the call stack of every rank."},
        {.name = "on-failure",
         .argument = "kill|wait|ignore",
         .group = Group::runtime,
         .words = failure_words,
         .set = set_on_failure,
         .help = "what a failing rank does to the others; kill",
         .more = "When a rank ends with a status other than 0 or by a signal: kill ends "
                 "the other ranks; wait lets them finish, with the same exit status; "
                 "ignore lets them finish and exits with 0."},
        {.name = "forward-signals",
         .argument = "LIST",
         .group = Group::runtime,
         .words = signal_words,
         .set = set_signals,
         .help = "signals to forward beside USR1 USR2 TSTP CONT",
         .more =
             "Signals that the ranks get when pxlaunch gets them, separated by commas, "
             "beside USR1, USR2, TSTP and CONT; none forwards not even these."},
    };
}

} // namespace

std::vector<Option> runtime_options() {
    auto all = server_options();
    for (auto &row : limit_options()) all.push_back(row);
    return all;
}

} // namespace px::cli
