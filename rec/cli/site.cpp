// site.cpp - configuration files and rules, before anything is started.
#include "rec/cli/site.h"

#include "pxlaunch/cli/config_policy.h"
#include "pxlaunch/discover/allocation.h"

#include <fmt/format.h>

namespace px::rec {

Site look_around() {
    Site site;
    site.here = discover::this_process();
    job::Environment environment;
    for (const auto &[name, value] : site.here.env) {
        environment.push_back(fmt::format("{}={}", name, value));
    }
    auto config = cli::load_config(environment);
    site.config = std::move(config.value);
    site.errors = std::move(config.errors);
    cli::apply_site(site.config, site.here);
    return site;
}

Error merged(const std::vector<Error> &errors) {
    if (errors.size() == 1) return errors.front();
    // Each keeps its hint beside it.
    Error all = usage_error("", "correct the file");
    for (const auto &error : errors) {
        const bool says_more = !error.hint.empty() && error.hint != all.hint;
        all.what += fmt::format("{}{}{}", all.what.empty() ? "" : "\n", error.what,
                                says_more ? fmt::format(" ({})", error.hint) : "");
    }
    return all;
}

Result<std::string> may_serve(const Site &site, ServeOptions::Method method) {
    if (!site.errors.empty()) return merged(site.errors);
    std::string warning;
    if (method == ServeOptions::Method::local)
        warning = PX_TRY(cli::may_run_here(site.config, site.here.host));
    const auto allocation = discover::find_allocation(site.here);
    if (allocation.components == 1) return warning;
    return warning + (warning.empty() ? "" : "\n") + discover::first_of(allocation);
}

} // namespace px::rec
