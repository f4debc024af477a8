// image_settings.cpp - files, variables and options, lowest layer first.
#include "rec/cli/image_settings.h"

#include "pxlaunch/base/directory.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/cli/config_policy.h"
#include "pxlaunch/job/container.h"
#include "rec/cli/script_environment.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::rec {

namespace {

using cli::Given;

std::vector<Given> below_command_line(const Site &site) {
    auto all = site.config.defaults;
    Reasons ignored;
    for (auto &given : cli::variables(script_environment(site.here, {}), ignored))
        all.push_back(std::move(given));
    return all;
}

std::vector<std::string> values_of(const std::vector<Given> &all,
                                   const cli::Option &option) {
    std::vector<std::string> values;
    for (const auto &given : all) {
        if (given.option != &option) continue;
        if (!option.adds_up) values.clear();
        values.push_back(given.value);
    }
    return values;
}

std::string image_of(const std::string &image, const std::string &directory) {
    return job::is_relative_path(image) ? absolute(image, directory) : image;
}

std::string mount_of(const std::string &text, const std::string &directory) {
    const auto colon = text.find(':');
    const auto source = absolute(text.substr(0, colon), directory);
    return source + ":" + (colon == text.npos ? source : text.substr(colon + 1));
}

// A file that a pxlaunch in the image would not find, or would make in another place.
bool is_out_of_sight(std::string_view path, const std::vector<std::string> &mounts) {
    return path.starts_with('/') &&
           std::none_of(mounts.begin(), mounts.end(), [&](const auto &mount) {
               const auto words = split(mount, ':');
               return words[0] == words[1] && path.starts_with(words[0] + "/");
           });
}

bool stays_outside(const cli::Option &option, const std::string &value,
                   const std::vector<std::string> &mounts) {
    if (option.name == "hostfile" || option.name == "no-container") return true;
    const bool is_file =
        option.name == "env-file" || option.name == "report" || option.name == "output";
    return is_file && is_out_of_sight(value, mounts);
}

} // namespace

std::string absolute(const std::string &path, const std::string &directory) {
    return path.starts_with('/') ? path : fmt::format("{}/{}", directory, path);
}

Result<ImageSettings> image_settings(const Arguments &arguments, const Site &site,
                                     const std::string &directory) {
    auto all = below_command_line(site);
    for (const char *name : {"image", "engine", "mount", "devices", "pull"}) {
        for (const auto &value : arguments.all(name))
            all.push_back({cli::find_option(name), value, cli::Layer::command_line,
                           fmt::format("--{}", name)});
    }
    for (const auto &given : all) PX_TRY(cli::check_lock(site.config, given));
    const auto values = [&all](const char *name) {
        return values_of(all, *cli::find_option(name));
    };
    const auto value = [&values](const char *name) {
        const auto found = values(name);
        return found.empty() ? std::string() : found.back();
    };
    ImageSettings settings;
    settings.image = image_of(value("image"), directory);
    settings.engine = value("engine");
    settings.pull = value("pull");
    settings.devices = values("devices");
    for (const auto &text : values("mount"))
        settings.mounts.push_back(mount_of(text, directory));
    // What the ranks of the script's jobs need, too: pxwrap would mount the working
    // directory by itself, but theirs may be below it.
    const bool is_mounted = !arguments.has("directory") &&
                            !is_same_directory(directory, "/") &&
                            !is_same_directory(directory, site.here.get("HOME"));
    if (is_mounted) settings.mounts.push_back(directory + ":" + directory);
    return settings;
}

job::Environment settings_inside(const Site &site, const ImageSettings &settings) {
    job::Environment inside;
    const auto set = [&inside](const std::string &name, const std::string &value) {
        if (!value.empty()) job::set_variable(inside, name, value);
    };
    const auto all = below_command_line(site);
    for (const auto &option : cli::option_table()) {
        auto values = values_of(all, option);
        std::erase_if(values, [&](const auto &value) {
            return stays_outside(option, value, settings.mounts);
        });
        set(cli::variable_of(option), join(values, "\n"));
    }
    set("PXLAUNCH_IMAGE", settings.image);
    set("PXLAUNCH_ENGINE", settings.engine);
    set("PXLAUNCH_PULL", settings.pull);
    set("PXLAUNCH_DEVICES", join(settings.devices, "\n"));
    set("PXLAUNCH_MOUNT", join(settings.mounts, "\n"));
    return inside;
}

} // namespace px::rec
