#pragma once
// argv becomes a Command here, with every problem of the command line, the PXLAUNCH_*
// variables and the configuration files found at once. Nothing is started, and only the
// configuration files are read.
//
//     Checked<Command> parsed = parse_command_line(argc, argv, environment);
//     if (!parsed) print parsed.errors, exit with parsed.errors.front().exit;
//     if (!parsed->text.empty()) write parsed->text to stdout, exit 0;   // help, version
//     discover a server from parsed->options (rec, uri, no_start), fill Surroundings;
//     Checked<job::Spec> spec = make_spec(parsed->options, ...);         // make_spec.h

#include "pxlaunch/base/reason.h"
#include "pxlaunch/cli/config.h"
#include "pxlaunch/cli/options.h"

#include <string>
#include <string_view>

namespace px::cli {

struct Command {
    std::string text; // not empty: print this and end with 0
    Options options;
    Config config;   // the site's rules beside the options: local, idle_timeout, ...
    // With --jobs: the options that were typed and are every job's, as "--name=value".
    std::vector<std::string> common;
    Reasons reasons; // where each value that was given came from
};

Checked<Command> parse_command_line(int argc, const char *const *argv,
                                    const job::Environment &environment);

} // namespace px::cli
