// config.cpp - which configuration files there are, and the PXLAUNCH_<OPTION> variables.
#include "pxlaunch/cli/config.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/job/rank_variables.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace px::cli {

namespace {

constexpr std::string_view site_file = "/etc/pxlaunch/config";

std::string user_file(const job::Environment &environment) {
    const auto base = job::find_variable(environment, "XDG_CONFIG_HOME");
    if (base && base->starts_with('/')) return fmt::format("{}/pxlaunch/config", *base);
    const auto home = job::find_variable(environment, "HOME");
    if (home && !home->empty()) return fmt::format("{}/.config/pxlaunch/config", *home);
    return {};
}

void move_into(std::vector<Error> &all, std::vector<Error> more) {
    for (auto &error : more) all.push_back(std::move(error));
}

// A missing file is an empty one, unless it was named.
Checked<Config> read_config(const std::string &path, ConfigKind kind, bool named) {
    if (path.empty() || (!named && ::access(path.c_str(), F_OK) != 0)) return {};
    const auto text = read_file(path);
    if (!text) {
        return {{},
                {usage_error(text.error().what,
                             named ? "correct PXLAUNCH_SITE_CONFIG, or unset it"
                                   : "make the file readable, or remove it")}};
    }
    auto parsed = parse_config(*text, path, kind);
    (kind == ConfigKind::site ? parsed->site_path : parsed->user_path) = path;
    return parsed;
}

// Variables of the project that are no options.
bool is_known_variable(std::string_view name) {
    const auto in = [&](const auto &names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    return in(job::rank_variables) || in(job::script_variables) ||
           name == "PXLAUNCH_SITE_CONFIG";
}

// Options that have a list of their own grammar take one value; others one a line.
void add_variable(std::vector<Given> &all, const Option &option, std::string_view value,
                  const std::string &name) {
    if (!option.adds_up) {
        all.push_back({&option, std::string(value), Layer::environment, name});
        return;
    }
    for (auto &line : split(value, '\n')) {
        if (!line.empty())
            all.push_back({&option, std::move(line), Layer::environment, name});
    }
}

void explain_unknown(const job::Environment &environment, Reasons &reasons) {
    std::vector<std::string> names;
    for (const auto &option : option_table()) {
        if (option.layered) names.push_back(variable_of(option));
    }
    for (const auto &entry : environment) {
        const std::string name = entry.substr(0, entry.find('='));
        if (!name.starts_with("PXLAUNCH_") || is_known_variable(name)) continue;
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        const std::string near = nearest(name, names);
        reasons.push_back({name, near.empty()
                                     ? "ignored: no option has this variable"
                                     : fmt::format("ignored: did you mean {}?", near)});
    }
}

} // namespace

Checked<Config> load_config(const job::Environment &environment) {
    const auto named = job::find_variable(environment, "PXLAUNCH_SITE_CONFIG");
    const bool has_name = named && !named->empty();
    auto all = read_config(std::string(has_name ? *named : site_file), ConfigKind::site,
                           has_name);
    auto user = read_config(user_file(environment), ConfigKind::user, false);
    move_into(all.errors, std::move(user.errors));
    for (auto &given : user->defaults) all->defaults.push_back(std::move(given));
    all->user_path = user->user_path;
    return all;
}

std::vector<Error> check_config(const std::string &path) {
    return read_config(path, ConfigKind::site, true).errors;
}

std::vector<Given> variables(const job::Environment &environment, Reasons &reasons) {
    std::vector<Given> all;
    for (const auto &option : option_table()) {
        if (!option.layered) continue;
        const std::string name = variable_of(option);
        const auto value = job::find_variable(environment, name);
        // An empty variable is how a script unsets one for a single command.
        if (value && !value->empty()) add_variable(all, option, *value, name);
    }
    const auto has = [&](std::string_view name) {
        return std::any_of(all.begin(), all.end(), [&](const Given &given) {
            return given.option->name == name;
        });
    };
    const auto mpiexec = job::find_variable(environment, "MPIEXEC_TIMEOUT");
    if (!has("timeout") && mpiexec && !mpiexec->empty()) {
        all.push_back({find_option("timeout"), std::string(*mpiexec), Layer::environment,
                       "MPIEXEC_TIMEOUT"});
    }
    // `pxrec run` sets the one for its script; the other may be a user's habit.
    if (has("uri") && has("rec")) {
        std::erase_if(all,
                      [](const Given &given) { return given.option->name == "rec"; });
        reasons.push_back({"--rec", "of PXLAUNCH_REC not used: PXLAUNCH_URI"});
    }
    explain_unknown(environment, reasons);
    return all;
}

} // namespace px::cli
