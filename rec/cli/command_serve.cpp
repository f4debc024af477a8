// command_serve.cpp - pxrec serve: the server of one pxlaunch, or of all of an allocation
// or with the same nodes. Not for people: its options are those that pxlaunch gives.
#include "pxlaunch/base/ready.h"
#include "pxlaunch/base/text.h"
#include "rec/cli/commands.h"
#include "rec/cli/dvm_choice.h"
#include "rec/cli/serve.h"
#include "rec/cli/site.h"

#include <fmt/format.h>

#include <unistd.h>

namespace px::rec {

namespace {
constexpr std::chrono::milliseconds pool_rest{2000}; // after its last job
} // namespace

Result<int> command_serve(const std::vector<std::string> &words) {
    ServeOptions options;
    std::string prefix, method = "local";
    for (const auto &word : words) {
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const std::string value = equals == word.npos ? "" : word.substr(equals + 1);
        const auto number = parse_number(value);
        if (name == "--keepalive" && number)
            options.keepalive = static_cast<int>(*number);
        if (name == "--ready" && number) options.ready = static_cast<int>(*number);
        if (name == "--gpus") options.find_gpus = true;
        if (name == "--pool") options.allocation = value;
        if (name == "--method") method = value;
        if (name == "--cores" && number) options.cores = static_cast<int>(*number);
        if (name == "--threads" && number) options.threads = static_cast<int>(*number);
        if (name == "--host") options.hosts.push_back(value);
        if (name == "--prrte") prefix = value;
        if (name == "--pmi" && number) options.pmi = static_cast<int>(*number);
        if (name == "--root") options.host_root = value;
        if (name == "--pxwrap") options.wrapper = value;
        if (name == "--deadline" && number)
            options.start_timeout = std::chrono::milliseconds(*number * 9 / 10);
    }
    if (!method_named(method)) {
        tell_ready(
            options.ready,
            cannot_run(
                fmt::format("pxrec {} knows no method {}", PX_VERSION, named(method)),
                "is pxlaunch of another version? try --rec prrte or --rec local"));
        return 0;
    }
    options.method = *method_named(method);
    // What is wrong with the configuration is for pxlaunch to say, which has read it too.
    const Site site = look_around();
    if (options.allocation != "none") {
        options.discoverable = options.managed = true;
        options.find_gpus = true; // a later job may ask for them
        options.idle = pool_rest;
    }
    options.by_slurm = options.allocation.starts_with("slurm:");
    if (options.method == ServeOptions::Method::prrte) {
        if (auto chosen = choose_dvm(prefix, false, site, options); !chosen) {
            tell_ready(options.ready, chosen.error());
            return 0;
        }
    }
    serve(options, site.here);
}

} // namespace px::rec
