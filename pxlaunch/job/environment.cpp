// environment.cpp - the environment of a rank, by origin of each variable.
#include "pxlaunch/job/environment.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/job/rank_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace px::job {

namespace {

std::string_view name_of(std::string_view entry) {
    return entry.substr(0, entry.find('='));
}

bool is_pattern(std::string_view name) {
    return name.find_first_of("*?") != std::string_view::npos;
}

bool matches_any(const std::vector<std::string> &patterns, std::string_view name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string &pattern) {
        return matches(pattern, name);
    });
}

// Variables of one process, of the address of a server, or of this node.
constexpr auto never_forwarded = std::to_array<std::string_view>({
    "PMIX_*",
    "PMI_*",
    "PRTE_*",
    "SLURM_PROCID",
    "SLURM_LOCALID",
    "SLURM_NODEID",
    "SLURM_GTIDS",
    "SLURM_TASK_PID",
    "SLURM_STEP*",
    "OMPI_COMM_WORLD_*",
    "PALS_RANKID",
    "JSM_NAMESPACE_*",
    "HOSTNAME",
    "XDG_RUNTIME_DIR",
    // A pxlaunch inside a rank finds the server that started the rank, which is the
    // nearer one; and it must not write into the outer job's status and report.
    "PXLAUNCH_URI",
    "PXLAUNCH_RENDEZVOUS",
    "PXLAUNCH_STATUS_FD",
    "PXLAUNCH_REPORT",
});

Error bad_name(std::string_view text) {
    return usage_error(
        fmt::format("expected the name of a variable, got {}", displayed(text)),
        "write NAME, NAME=VALUE, or a pattern as in 'OMP_*'");
}

} // namespace

std::optional<std::string_view> find_variable(const Environment &env,
                                              std::string_view name) {
    for (const std::string_view entry : env) {
        if (name_of(entry) == name && entry.size() > name.size()) {
            return entry.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

void set_variable(Environment &env, std::string_view name, std::string_view value) {
    std::string entry = fmt::format("{}={}", name, value);
    for (auto &old : env) {
        if (name_of(old) == name) {
            old = std::move(entry);
            return;
        }
    }
    env.push_back(std::move(entry));
}

void unset_variable(Environment &env, std::string_view name) {
    std::erase_if(env, [&](const std::string &entry) { return name_of(entry) == name; });
}

Result<EnvEdit> parse_env_edit(std::string_view text) {
    const std::string name(name_of(text));
    if (name.empty()) return bad_name(text);
    if (name.size() == text.size()) return EnvEdit{EnvEdit::Kind::pass, name, {}};
    if (is_pattern(name)) {
        return usage_error(
            fmt::format("a pattern cannot be given a value: {}", displayed(text)),
            "name one variable before '='");
    }
    return EnvEdit{EnvEdit::Kind::set, name, std::string(text.substr(name.size() + 1))};
}

Result<EnvEdit> parse_unset_env(std::string_view text) {
    if (text.empty()) return bad_name(text);
    if (text.find('=') != std::string_view::npos) {
        return usage_error(
            fmt::format("expected a name without '=', got {}", displayed(text)),
            "to set a variable write -x NAME=VALUE");
    }
    return EnvEdit{EnvEdit::Kind::unset, std::string(text), {}};
}

Result<std::vector<EnvEdit>> parse_env_file(std::string_view content) {
    const bool by_nul = content.find('\0') != std::string_view::npos;
    std::vector<EnvEdit> edits;
    int line_number = 0;
    for (const auto &line : split(content, by_nul ? '\0' : '\n')) {
        ++line_number;
        const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
        if (line.empty() || (!by_nul && (blank || line[0] == '#'))) continue;
        auto edit = parse_env_edit(line);
        if (!edit) {
            return usage_error(fmt::format("line {}: {}", line_number, edit.error().what),
                               edit.error().hint);
        }
        edits.push_back(std::move(*edit));
    }
    return edits;
}

bool is_never_forwarded(std::string_view name) {
    return std::any_of(
               never_forwarded.begin(), never_forwarded.end(),
               [&](std::string_view pattern) { return matches(pattern, name); }) ||
           std::find(rank_variables.begin(), rank_variables.end(), name) !=
               rank_variables.end();
}

namespace {

// getenv() returns the first entry of a name, so the first is the one that counted.
Environment forwarded(const Environment &own, const EnvRules &rules) {
    Environment env;
    std::unordered_set<std::string_view> seen;
    for (const std::string &entry : own) {
        const std::string_view name = name_of(entry);
        if (name.empty() || name.size() == entry.size() || !seen.insert(name).second)
            continue;
        const bool kept = matches_any(rules.pass, name) ||
                          (!is_never_forwarded(name) && !matches_any(rules.drop, name));
        if (kept) env.push_back(entry);
    }
    return env;
}

// An exact name is the user's explicit wish; a pattern brings no process's own variables.
void pass(Environment &env, const Environment &own, const std::string &name,
          Reasons &reasons) {
    if (!is_pattern(name)) {
        const auto value = find_variable(own, name);
        if (value) set_variable(env, name, *value);
        if (!value) reasons.push_back({"-x", fmt::format("{} is not set here", name)});
        return;
    }
    bool any = false;
    for (const std::string_view entry : own) {
        const std::string_view found = name_of(entry);
        if (!matches(name, found) || is_never_forwarded(found)) continue;
        const auto value = find_variable(own, found);
        if (value) set_variable(env, found, *value);
        any = true;
    }
    if (!any) reasons.push_back({"-x", fmt::format("'{}' matches no variable", name)});
}

void apply(Environment &env, const Environment &own, const EnvEdit &edit,
           Reasons &reasons) {
    switch (edit.kind) {
    case EnvEdit::Kind::pass:
        return pass(env, own, edit.name, reasons);
    case EnvEdit::Kind::set:
        return set_variable(env, edit.name, edit.value);
    case EnvEdit::Kind::unset:
        std::erase_if(env, [&](const std::string &entry) {
            return matches(edit.name, name_of(entry));
        });
    }
}

} // namespace

Environment rank_environment(const Environment &own, const EnvRules &rules,
                             Reasons &reasons) {
    Environment env;
    if (rules.whole) env = forwarded(own, rules);
    bool threads_named = false;
    for (const auto &edit : rules.edits) {
        apply(env, own, edit, reasons);
        threads_named |= edit.name == "OMP_NUM_THREADS";
    }
    if (rules.threads > 0 && !threads_named && !find_variable(env, "OMP_NUM_THREADS")) {
        set_variable(env, "OMP_NUM_THREADS", std::to_string(rules.threads));
        reasons.push_back({"OMP_NUM_THREADS",
                           fmt::format("{}: the cores of each rank, and it was not set",
                                       rules.threads)});
    }
    return env;
}

} // namespace px::job
