// container.cpp - the command line of pxwrap.
#include "pxlaunch/job/container.h"

#include "pxlaunch/job/border.h"

#include <utility>

namespace px::job {

App through_wrapper(App app, const std::string &wrapper) {
    if (!app.container) return app;
    const Container asked = *std::exchange(app.container, std::nullopt);
    std::vector<std::string> argv = {wrapper};
    const auto add = [&argv](const char *option, const std::string &value) {
        if (value.empty()) return;
        argv.emplace_back(option);
        argv.push_back(value);
    };
    add("--image", asked.image);
    add("--engine", asked.engine);
    for (const auto &mount : asked.mounts) add("--mount", mount);
    for (const auto &device : asked.devices) add("--devices", device);
    add("--pull", asked.pull);
    for (const auto &name : asked.pass) add("-x", name);
    if (asked.whole_environment) argv.emplace_back("--env-all");
    add("--path", app.path);
    if (asked.directory) {
        add("-C", *asked.directory);
        app.directory = "/"; // it need not be there outside
    }
    if (asked.from_inside) app.env = packed(app.env);
    argv.emplace_back("--");
    argv.insert(argv.end(), app.argv.begin(), app.argv.end());
    app.argv = std::move(argv);
    app.path.clear();
    return app;
}

bool is_relative_path(const std::string &image) {
    if (image.starts_with("./") || image.starts_with("../")) return true;
    const bool is_elsewhere =
        image.starts_with('/') || image.find("://") != std::string::npos;
    return !is_elsewhere && (image.ends_with(".sif") || image.ends_with(".sqsh"));
}

} // namespace px::job
