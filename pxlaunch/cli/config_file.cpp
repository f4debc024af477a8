// config_file.cpp - one configuration file: its JSON grammar, checked whole.
#include "pxlaunch/cli/config.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace px::cli {

namespace {

using Json = nlohmann::json;

class Reader {
  public:
    Reader(std::string_view text, const std::string &path, ConfigKind kind)
        : text_(text), path_(path), kind_(kind) {}

    Checked<Config> run() {
        try {
            const Json document = Json::parse(text_, nullptr, true, /*comments*/ true);
            if (!document.is_object())
                wrong("", "expected an object, as in {\"defaults\": {}}");
            else
                members(document);
        } catch (const Json::parse_error &problem) {
            syntax(problem.byte);
        }
        return {std::move(config_), std::move(errors_)};
    }

  private:
    void members(const Json &document) {
        for (const auto &[key, value] : document.items()) {
            if (key == "defaults")
                defaults(value);
            else if (kind_ == ConfigKind::user)
                site_only(key);
            else if (key == "locked")
                locked(value);
            else if (key == "local")
                local(value);
            else if (key == "environment")
                environment(value);
            else if (key == "idle_timeout")
                idle_timeout(value);
            else if (key == "run_directory")
                absolute_path(key, value, config_.run_directory);
            else if (key == "prrte_prefix")
                absolute_path(key, value, config_.prrte_prefix);
            else if (key == "allow_shared_node")
                truth(key, value, config_.allow_shared_node);
            else if (key == "methods")
                methods(value);
            else if (key == "audit")
                truth(key, value, config_.audit);
            else
                unknown(key, site_keys());
        }
    }

    static std::vector<std::string> site_keys() {
        return {"defaults",     "locked",        "local",        "environment",
                "idle_timeout", "run_directory", "prrte_prefix", "allow_shared_node",
                "methods",      "audit"};
    }

    void site_only(const std::string &key) {
        const auto keys = site_keys();
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
            return unknown(key, {"defaults"});
        }
        wrong(key, fmt::format("'{}' is for the site's file only", key),
              "a user's file has \"defaults\" alone");
    }

    void defaults(const Json &object) {
        if (!object.is_object()) return wrong("defaults", "expected an object");
        for (const auto &[name, value] : object.items()) {
            const Option *option = option_of(name);
            if (option == nullptr) continue;
            if (value.is_array()) {
                for (const auto &item : value) one_default(*option, name, item);
                if (!option->adds_up)
                    wrong(name, fmt::format("{} takes one value, not a list", name));
            } else {
                one_default(*option, name, value);
            }
        }
    }

    void one_default(const Option &option, const std::string &name, const Json &value) {
        std::string text;
        if (value.is_string())
            text = value.get<std::string>();
        else if (value.is_number_unsigned() || value.is_boolean())
            text = value.dump();
        else
            return wrong(name, "expected text, a whole number, true or false");
        Options scratch;
        AppOptions app;
        const auto set = option.set(scratch, app, text);
        if (!set)
            return wrong(name, fmt::format("{}: {}", name, set.error().what),
                         set.error().hint);
        const auto layer = kind_ == ConfigKind::site ? Layer::site : Layer::user;
        config_.defaults.push_back({&option, text, layer, path_});
    }

    const Option *option_of(const std::string &name) {
        std::vector<std::string> names;
        for (const auto &option : option_table()) {
            if (!option.layered) continue;
            if (option.name == name) return &option;
            names.emplace_back(option.name);
        }
        unknown(name, names);
        return nullptr;
    }

    void locked(const Json &list) {
        for (const auto &name : words("locked", list)) {
            if (name == "methods") {
                config_.methods_locked = true;
                continue;
            }
            const Option *option = option_of(name);
            if (option != nullptr) config_.locked.push_back(option);
        }
    }

    void methods(const Json &list) {
        config_.methods = words("methods", list);
        for (const auto &name : config_.methods) {
            if (name == "srun" || name == "prrte" || name == "local") continue;
            const auto error =
                wrong_word(name, {{"srun", ""}, {"prrte", ""}, {"local", ""}});
            wrong("methods", "methods: " + error.what, error.hint);
        }
    }

    void local(const Json &list) {
        if (!list.is_array()) return wrong("local", "expected a list of objects");
        for (const auto &item : list) {
            if (!item.is_object()) return wrong("local", "expected a list of objects");
            local_rule(item);
        }
    }

    void local_rule(const Json &item) {
        LocalPolicy policy;
        std::string rule = "allow";
        for (const auto &[key, value] : item.items()) {
            std::string *target = key == "host"      ? &policy.host
                                  : key == "rule"    ? &rule
                                  : key == "message" ? &policy.message
                                                     : nullptr;
            if (target == nullptr)
                unknown(key, {"host", "rule", "message"});
            else if (value.is_string())
                *target = value.get<std::string>();
            else
                wrong(key, fmt::format("{}: expected text", key));
        }
        if (policy.host.empty())
            wrong("local", "a rule needs \"host\", a pattern as in \"login*\"");
        if (rule == "warn")
            policy.rule = LocalRule::warn;
        else if (rule == "refuse")
            policy.rule = LocalRule::refuse;
        else if (rule != "allow") {
            const auto error =
                wrong_word(rule, {{"allow", ""}, {"warn", ""}, {"refuse", ""}});
            wrong("rule", "rule: " + error.what, error.hint);
        }
        config_.local.push_back(std::move(policy));
    }

    void environment(const Json &object) {
        if (!object.is_object()) return wrong("environment", "expected an object");
        for (const auto &[key, value] : object.items()) {
            if (key == "pass")
                config_.env_pass = words(key, value);
            else if (key == "drop")
                config_.env_drop = words(key, value);
            else
                unknown(key, {"pass", "drop"});
        }
    }

    void idle_timeout(const Json &value) {
        const auto time = parse_duration(value.is_string() ? value.get<std::string>()
                                         : value.is_number_unsigned() ? value.dump()
                                                                      : std::string("?"));
        if (time)
            config_.idle_timeout = *time;
        else
            wrong("idle_timeout", "idle_timeout: expected a duration", time.error().hint);
    }

    void absolute_path(const std::string &key, const Json &value, std::string &to) {
        if (value.is_string()) to = value.get<std::string>();
        if (!to.starts_with('/')) {
            wrong(key, fmt::format("{}: expected an absolute path", key));
        }
    }

    void truth(const std::string &key, const Json &value, bool &to) {
        if (value.is_boolean())
            to = value.get<bool>();
        else
            wrong(key, fmt::format("{}: expected true or false", key));
    }

    std::vector<std::string> words(const std::string &key, const Json &list) {
        std::vector<std::string> all;
        const bool right = list.is_array() &&
                           std::all_of(list.begin(), list.end(),
                                       [](const Json &item) { return item.is_string(); });
        if (!right)
            wrong(key, fmt::format("{}: expected a list of text", key));
        else
            for (const auto &item : list) all.push_back(item.get<std::string>());
        return all;
    }

    void unknown(const std::string &key, const std::vector<std::string> &known) {
        const std::string near = nearest(key, known);
        wrong(key, fmt::format("unknown key '{}'", key),
              near.empty() ? fmt::format("known are {}", join(known, ", "))
                           : fmt::format("did you mean '{}'?", near));
    }

    // The JSON library does not keep positions: the first place with the key's text is
    // nearly always the one.
    void wrong(const std::string &key, const std::string &what,
               const std::string &hint = {}) {
        const auto at =
            key.empty() ? std::string_view::npos : text_.find(fmt::format("\"{}\"", key));
        const std::string where = at == std::string_view::npos
                                      ? path_
                                      : fmt::format("{}:{}", path_, line_at(at));
        errors_.push_back(usage_error(fmt::format("{}: {}", where, what),
                                      hint.empty() ? "correct the file" : hint));
    }

    void syntax(std::size_t byte) {
        const std::size_t at = byte > 0 ? byte - 1 : 0;
        errors_.push_back(
            usage_error(fmt::format("{}:{}: not JSON", path_, line_at(at)),
                        "look for a missing comma, quote or bracket there"));
    }

    [[nodiscard]] long line_at(std::size_t at) const {
        const auto end = std::min(at, text_.size());
        return 1 +
               std::count(text_.begin(), text_.begin() + static_cast<long>(end), '\n');
    }

    std::string_view text_;
    const std::string &path_;
    ConfigKind kind_;
    Config config_;
    std::vector<Error> errors_;
};

} // namespace

Checked<Config> parse_config(std::string_view text, const std::string &path,
                             ConfigKind kind) {
    return Reader(text, path, kind).run();
}

} // namespace px::cli
