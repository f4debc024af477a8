// table.cpp - the rows, and how one is chosen.
#include "wrapper/engines/words.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::wrapper::engines {

const std::vector<Engine> &all() {
    static const std::vector<Engine> rows = {
        {.name = "podman",
         .program = "podman",
         .run = run_podman,
         .keep = keep_podman,
         .joined = Joined::by_user,
         .is_text = true,
         .outlives = true,
         .has_cdi = true},
        {.name = "docker",
         .program = "docker",
         .run = run_docker,
         .keep = keep_docker,
         .joined = Joined::by_root,
         .is_text = true,
         .outlives = true},
        {.name = "podman-hpc",
         .program = "podman-hpc",
         .run = run_podman_hpc,
         .keep = keep_podman_hpc,
         .joined = Joined::by_user,
         .is_text = true,
         .outlives = true,
         .has_cdi = true},
        {.name = "apptainer",
         .program = "apptainer",
         .run = run_apptainer,
         .keep = keep_apptainer,
         .joined = Joined::by_user,
         .detaches = false,
         .is_text = true},
        {.name = "singularity-ce",
         .program = "singularity",
         .run = run_singularity,
         .is_text = true},
        {.name = "charliecloud", .program = "ch-run", .run = run_charliecloud},
        {.name = "enroot", .program = "enroot", .run = run_enroot},
        {.name = "sarus", .program = "sarus", .run = run_sarus, .is_text = true},
        {.name = "shifter", .program = "shifter", .run = run_shifter},
        {.name = "none", .program = nullptr, .run = run_none},
    };
    return rows;
}

bool can_join(const Engine &engine, const Request &request) {
    return engine.joined == Joined::by_user ||
           (engine.joined == Joined::by_root && request.uid == 0);
}

Result<const Engine *> find(const std::string &name) {
    std::vector<std::string> names;
    for (const Engine &row : all()) {
        if (name == row.name) return &row;
        names.emplace_back(row.name);
    }
    const std::string meant = nearest(name, names);
    return usage_error(fmt::format("--engine: unknown engine {}", named(name)),
                       meant.empty() ? fmt::format("there are: {}", join(names, " "))
                                     : fmt::format("did you mean {}? There are: {}",
                                                   meant, join(names, " ")));
}

std::vector<const Engine *> for_image(const std::string &image) {
    std::vector<std::string_view> names = {"podman-hpc",    "podman", "docker",
                                           "shifter",       "sarus",  "apptainer",
                                           "singularity-ce"};
    if (image.ends_with(".sif"))
        names = {"apptainer", "singularity-ce"};
    else if (image.ends_with(".sqsh"))
        names = {"enroot", "charliecloud"};
    else if (is_directory(image))
        names = {"podman", "charliecloud", "apptainer", "singularity-ce"};
    std::vector<const Engine *> rows;
    for (const auto name : names) {
        const auto row =
            std::find_if(all().begin(), all().end(),
                         [&](const Engine &each) { return name == each.name; });
        rows.push_back(&*row);
    }
    return rows;
}

void add(std::vector<std::string> &argv, std::initializer_list<std::string> words) {
    argv.insert(argv.end(), words.begin(), words.end());
}

void add(std::vector<std::string> &argv, const std::vector<std::string> &words) {
    argv.insert(argv.end(), words.begin(), words.end());
}

bool asks_for(const Request &request, std::string_view device) {
    return std::find(request.devices.begin(), request.devices.end(), device) !=
           request.devices.end();
}

std::vector<std::string> other_devices(const Request &request) {
    std::vector<std::string> others;
    for (const auto &device : request.devices) {
        if (device != "gpu" && device != "rdma") others.push_back(device);
    }
    return others;
}

bool is_directory(const std::string &image) {
    const bool is_path =
        image.starts_with('/') || image.starts_with("./") || image.starts_with("../");
    return is_path && !image.ends_with(".sif") && !image.ends_with(".sqsh");
}

std::string_view name_of(std::string_view entry) {
    return entry.substr(0, entry.find('='));
}

std::string with_kind(const std::string &image, const std::string &kind) {
    const bool is_file = is_directory(image) || image.ends_with(".sif");
    return is_file || image.find("://") != std::string::npos ? image : kind + image;
}

} // namespace px::wrapper::engines
