// command.cpp - from argv, variables and configuration files to a Command.
#include "pxlaunch/cli/command.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/config_policy.h"
#include "pxlaunch/cli/contradictions.h"
#include "pxlaunch/cli/help.h"
#include "pxlaunch/cli/options_scan.h"
#include "pxlaunch/cli/signals.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::cli {

namespace {

class Parser {
  public:
    explicit Parser(const job::Environment &environment) : environment_(environment) {}

    Checked<Command> run(const std::vector<std::string> &words) {
        Scan scan = scan_words(words);
        add(scan.errors);
        const bool scanned = errors_.empty();
        for (const auto &segment : scan.segments) {
            auto given = parse_words(segment.words);
            add(given.errors);
            given_.push_back(std::move(given.value));
        }
        if (help_was_asked()) return finish();
        check_places();
        layers();
        for (std::size_t i = 0; i < scan.segments.size(); ++i) {
            application(i, std::move(scan.segments[i].argv));
        }
        check_sense();
        if (scanned) check_commands();
        if (!command_.options.jobs.empty()) note_common();
        return finish();
    }

  private:
    void add(const std::vector<Error> &more) {
        errors_.insert(errors_.end(), more.begin(), more.end());
    }

    // --help, --version and --WORD=help answer before anything else is looked at.
    bool help_was_asked() {
        for (const auto &segment : given_) {
            for (const auto &given : segment) {
                auto text = help_for(*given.option, given.value);
                if (!text) continue;
                errors_.clear();
                if (*text)
                    command_.text = std::move(**text);
                else
                    errors_.push_back(std::move(*text).error());
                return true;
            }
        }
        return false;
    }

    // After ':' come options of that application only.
    void check_places() {
        for (std::size_t i = 1; i < given_.size(); ++i) {
            for (const auto &given : given_[i]) {
                if (given.option->scope == Scope::app) continue;
                errors_.push_back(usage_error(
                    fmt::format("{} belongs to the whole job and stands after ':'",
                                given.origin),
                    fmt::format("put {} before the first command", given.origin)));
            }
        }
    }

    // Site, user and environment, below what the command line says.
    void layers() {
        auto config = load_config(environment_);
        add(config.errors);
        command_.config = std::move(config.value);
        lower_ = command_.config.defaults;
        for (auto &given : variables(environment_, command_.reasons)) {
            lower_.push_back(std::move(given));
        }
        check_locks(lower_);
        for (const auto &segment : given_) check_locks(segment);
    }

    void check_locks(const std::vector<Given> &all) {
        for (const auto &given : all) {
            auto checked = check_lock(command_.config, given);
            if (!checked) errors_.push_back(std::move(checked.error()));
        }
    }

    // The values of one application in the order in which they act, lowest layer first.
    std::vector<Given> merged(std::size_t index) {
        std::vector<Given> all;
        for (const auto &given : lower_) {
            if (index == 0 || given.option->scope == Scope::app) all.push_back(given);
        }
        all.insert(all.end(), given_[index].begin(), given_[index].end());
        add(resolve_contradictions(all, command_.reasons));
        std::vector<Given> kept;
        for (const auto &given : all) {
            const bool hidden =
                std::any_of(all.begin(), all.end(), [&](const Given &other) {
                    return other.option == given.option && other.layer > given.layer;
                });
            if (!hidden || given.option->adds_up) kept.push_back(given);
        }
        return kept;
    }

    void application(std::size_t index, std::vector<std::string> argv) {
        Options &options = command_.options;
        if (index == 0) options.limits.forward_signals = default_signals();
        options.apps.emplace_back().argv = std::move(argv);
        for (const auto &given : merged(index)) {
            const auto set = given.option->set(options, options.apps.back(), given.value);
            if (!set) {
                errors_.push_back(
                    usage_error(fmt::format("{}: {}", given.origin, set.error().what),
                                set.error().hint));
                continue;
            }
            if (given.option->name == "rec" || given.option->name == "uri") {
                options.server_origin = given.origin;
            }
            command_.reasons.push_back(
                {fmt::format("--{}", given.option->name),
                 fmt::format("{}: {}", displayed(given.value),
                             given.layer == Layer::command_line ? "command line"
                                                                : given.origin)});
        }
    }

    // An option that was typed and would do nothing. From a file it is a habit, not a
    // mistake.
    void check_sense() {
        const Options &options = command_.options;
        const auto typed = [&](std::string_view name) {
            return std::any_of(
                given_[0].begin(), given_[0].end(),
                [&](const Given &given) { return given.option->name == name; });
        };
        if (options.limits.stacks_on_timeout && typed("on-timeout") &&
            !typed("timeout") && !options.limits.timeout) {
            errors_.push_back(usage_error("--on-timeout does nothing without --timeout",
                                          "write --timeout TIME too"));
        }
        const bool contained =
            std::any_of(options.apps.begin(), options.apps.end(),
                        [](const AppOptions &app) { return !app.image.empty(); });
        for (const auto *name : {"mount", "devices", "pull"}) {
            if (contained || !typed(name)) continue;
            errors_.push_back(
                usage_error(fmt::format("--{} does nothing without --image", name),
                            "write --image IMAGE too"));
        }
        for (const auto *name : {"parallel", "keep-going", "retries"}) {
            if (!options.jobs.empty() || !typed(name)) continue;
            errors_.push_back(
                usage_error(fmt::format("--{} does nothing without --jobs", name),
                            "write --jobs FILE too"));
        }
        if (typed("json") && options.json && !options.runs_nothing() &&
            !options.display.any()) {
            errors_.push_back(
                usage_error("--json has nothing to print",
                            "it goes with --probe, --explain or --display"));
        }
    }

    // Which server it is, is decided once, and how the list is run is not a job's.
    void note_common() {
        for (const auto &given : given_[0]) {
            const auto name = given.option->name;
            if (given.option->group == Group::many || name == "rec" || name == "no-start")
                continue;
            command_.common.push_back(fmt::format("--{}={}", name, given.value));
        }
    }

    void check_commands() {
        auto &apps = command_.options.apps;
        if (!command_.options.jobs.empty()) {
            if (apps.size() == 1) return;
            errors_.push_back(usage_error("--jobs goes with one command",
                                          "write the ':' in the lines of the list"));
            return;
        }
        if (apps.size() == 1 && apps[0].argv.empty()) {
            if (command_.options.probe)
                apps.clear();
            else
                errors_.push_back(usage_error(
                    "no command was given", "write pxlaunch [OPTIONS] COMMAND [ARG...]"));
            return;
        }
        for (std::size_t i = 0; i < apps.size(); ++i) {
            const std::string place =
                apps.size() > 1 ? fmt::format(" of application {}", i + 1) : "";
            if (apps[i].argv.empty()) {
                errors_.push_back(
                    usage_error(fmt::format("application {} has no command", i + 1),
                                "write a command on both sides of ':', or -- before a "
                                "command that has ':' as an argument"));
            } else if (apps[i].argv[0].empty()) {
                errors_.push_back(
                    usage_error(fmt::format("the command{} is empty", place),
                                "an unset variable in quotes is an empty word"));
            }
        }
    }

    Checked<Command> finish() { return {std::move(command_), std::move(errors_)}; }

    const job::Environment &environment_;
    std::vector<std::vector<Given>> given_; // of each segment
    std::vector<Given> lower_;
    Command command_;
    std::vector<Error> errors_;
};

} // namespace

Checked<Command> parse_command_line(int argc, const char *const *argv,
                                    const job::Environment &environment) {
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
    return Parser(environment).run(words);
}

} // namespace px::cli
