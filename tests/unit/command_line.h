#pragma once
// A command line for a test: the words after "pxlaunch", and an environment that keeps
// the machine's own configuration files out.

#include "golden.h"
#include "pxlaunch/cli/command.h"
#include "pxlaunch/cli/make_spec.h"

#include <string>
#include <vector>

using Words = std::vector<std::string>;

inline px::job::Environment quiet_environment(px::job::Environment more = {}) {
    more.push_back("HOME=/nonexistent");
    if (!px::job::find_variable(more, "PXLAUNCH_SITE_CONFIG")) {
        more.push_back("PXLAUNCH_SITE_CONFIG=" + source_path("tests/cli/no_site.json"));
    }
    return more;
}

inline px::cli::Checked<px::cli::Command> parse(const Words &words,
                                                const px::job::Environment &more = {}) {
    std::vector<const char *> argv{"pxlaunch"};
    for (const auto &word : words) argv.push_back(word.c_str());
    return px::cli::parse_command_line(static_cast<int>(argv.size()), argv.data(),
                                       quiet_environment(more));
}

// Each error as "what | hint", one a line.
inline std::string errors_text(const std::vector<px::Error> &errors) {
    std::string text;
    for (const auto &error : errors) text += error.what + " | " + error.hint + "\n";
    return text;
}

inline std::string errors_of(const Words &words, const px::job::Environment &more = {}) {
    return errors_text(parse(words, more).errors);
}
