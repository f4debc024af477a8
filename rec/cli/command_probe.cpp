// command_probe.cpp - pxrec probe: what is here, and whether a site's file is right.
#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/discover.h"
#include "pxlaunch/discover/probe.h"
#include "rec/cli/commands.h"
#include "rec/cli/machine.h"
#include "rec/cli/site.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <unistd.h>

namespace px::rec {

namespace {

using Json = nlohmann::ordered_json;

Json limits_json(const Machine &machine) {
    const auto value = [](unsigned long long limit) {
        return limit == RLIM_INFINITY ? Json("unlimited") : Json(limit);
    };
    Json limits = Json::object();
    for (const auto &limit : machine.limits) {
        limits[limit.name] = {value(limit.soft), value(limit.hard)};
    }
    return limits;
}

std::string probe_json(const std::vector<discover::Candidate> &candidates,
                       const std::string &chosen, const Machine &machine) {
    Json document = Json::parse(discover::candidate_json(candidates));
    document["chosen"] = chosen.empty() ? Json(nullptr) : Json(chosen);
    document["machine"] = {{"host", machine.host},
                           {"allocation", machine.allocation},
                           {"cores", machine.cores},
                           {"hardware_threads", machine.threads},
                           {"gpus", machine.gpus},
                           {"gpu_vendor", machine.gpu_vendor},
                           {"pmix", machine.pmix},
                           {"munge", split(to_string(machine.munge), ':').front()},
                           {"run_directory", machine.run_directory},
                           {"limits", limits_json(machine)}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string probe_text(const std::vector<discover::Candidate> &candidates,
                       const std::string &chosen, const Machine &machine) {
    return fmt::format("runtimes\n{}\npxlaunch would use: {}\nthis machine\n{}",
                       discover::candidate_table(candidates),
                       chosen.empty() ? "none of them" : chosen, machine_text(machine));
}

Result<int> check_file(const std::string &path) {
    const auto errors = cli::check_config(path);
    if (!errors.empty()) return merged(errors);
    PX_TRY(write_all(STDOUT_FILENO, fmt::format("pxrec: '{}' is right\n", path)));
    return 0;
}

} // namespace

Result<int> command_probe(const Arguments &arguments) {
    if (const auto file = arguments.value("config")) return check_file(*file);
    const auto site = look_around();
    if (!site.errors.empty()) return merged(site.errors);
    const auto found = discover::discover({}, site.here);
    const std::string chosen = found.found ? found.found->from : "";
    auto candidates = discover::look_at_all(site.here);
    // What the environment names is looked at before all others.
    if (chosen == "uri") candidates.insert(candidates.begin(), found.candidates.front());
    const auto machine = look_at_machine(site.here);
    PX_TRY(write_all(STDOUT_FILENO, arguments.has("json")
                                        ? probe_json(candidates, chosen, machine)
                                        : probe_text(candidates, chosen, machine)));
    return 0;
}

} // namespace px::rec
