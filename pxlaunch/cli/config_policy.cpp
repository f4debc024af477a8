// config_policy.cpp - allow, warn or refuse, by host.
#include "pxlaunch/cli/config_policy.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::cli {

Result<std::string> may_run_here(const Config &config, const std::string &host) {
    const auto policy = std::find_if(
        config.local.begin(), config.local.end(),
        [&host](const LocalPolicy &each) { return matches(each.host, host); });
    if (policy == config.local.end() || policy->rule == LocalRule::allow)
        return std::string();
    if (policy->rule == LocalRule::refuse) {
        return cannot_run(fmt::format("jobs may not run on '{}' itself: {} says so", host,
                                      config.site_path),
                          policy->message);
    }
    if (!policy->message.empty()) return policy->message;
    return fmt::format("jobs should not run on '{}' itself: {} says so", host,
                       config.site_path);
}

Result<void> check_lock(const Config &config, const Given &given) {
    const auto &locked = config.locked;
    const bool is_free =
        given.layer == Layer::site ||
        std::find(locked.begin(), locked.end(), given.option) == locked.end();
    if (is_free) return {};
    return usage_error(
        fmt::format("{} is locked by {}", given.origin, config.site_path),
        fmt::format("leave --{} out, or ask who runs this system", given.option->name));
}

void apply_site(const Config &config, discover::Here &here) {
    here.site_directory = config.run_directory;
    if (!config.prrte_prefix.empty()) here.prrte = config.prrte_prefix;
    here.methods = config.methods;
    if (config.methods_locked && !config.methods.empty())
        here.methods_lock = config.site_path;
}

} // namespace px::cli
