// table_containers.cpp - whether the ranks are in a container, and in which.
#include "pxlaunch/cli/setters.h"

#include <algorithm>

namespace px::cli {

namespace {

std::vector<Word> engine_words() {
    return {
        {"podman", "one container for all ranks of a node"},
        {"docker", "one container for each rank; for root, for all of a node"},
        {"podman-hpc", "as podman"},
        {"apptainer", "one container for all ranks of a node"},
        {"singularity-ce", "one container for each rank"},
        {"charliecloud", "ch-run, in one user namespace for each node"},
        {"enroot", "one container for each rank"},
        {"sarus", "one container for each rank"},
        {"shifter", "one container for each rank"},
        {"none", "no container"},
    };
}

std::vector<Word> pull_words() {
    return {{"missing", "fetch an image that is not there"}, {"never", "fetch nothing"}};
}

template <auto Member, auto Words>
Result<void> set_word(Options &job, AppOptions &, Value value) {
    const auto words = Words();
    const bool known = std::any_of(words.begin(), words.end(),
                                   [&](const Word &each) { return each.word == value; });
    if (!known) return wrong_word(value, words);
    job.*Member = value;
    return {};
}

Result<void> set_image(Options &, AppOptions &app, Value value) {
    app.image = PX_TRY(not_empty(value, "the name of an image"));
    if (!value.starts_with('-')) return {};
    return usage_error(fmt::format("no image is named {}", named(value)),
                       "is its name missing?");
}

Result<void> add_mount(Options &, AppOptions &app, Value value) {
    const auto words = split(value, ':');
    const bool right = words.size() <= 2 && !words[0].empty() &&
                       (words.size() < 2 || words[1].starts_with('/'));
    if (!right) {
        return usage_error(fmt::format("expected SRC or SRC:DST, got {}", named(value)),
                           "DST is an absolute path; neither can hold ':'");
    }
    app.mounts.push_back(value);
    return {};
}

Result<void> add_devices(Options &job, AppOptions &, Value value) {
    for (auto &device : split(value, ',')) {
        if (device != "gpu" && device != "rdma" &&
            device.find('/') == std::string::npos) {
            return usage_error(fmt::format("unknown device {}", named(device)),
                               "there are: gpu, rdma, a path in /dev, a CDI name "
                               "(vendor.com/class=name)");
        }
        job.devices.push_back(std::move(device));
    }
    return {};
}

Option image_option() {
    return {
        .name = "image",
        .argument = "IMAGE",
        .group = Group::containers,
        .scope = Scope::app,
        .set = set_image,
        .help = "run the ranks in a container of this image",
        .more =
            "A name, a directory, a .sif or a .sqsh file, by engine. The ranks of a "
            "node "
            "share one container, where the engine lets them. The working directory is "
            "mounted, unless it is / or HOME: then the ranks start in the image's own; "
            "-C names a directory inside. Of the environment only what belongs to the "
            "runtime, to MPI, to OpenMP and to devices goes along, and what -x names; "
            "--env-all takes all. Of the image's seccomp profile and SELinux label "
            "nothing holds for ranks that share a container."};
}

} // namespace

std::vector<Option> container_options() {
    return {
        image_option(),
        {.name = "engine",
         .argument = "NAME",
         .group = Group::containers,
         .words = engine_words,
         .set = set_word<&Options::engine, engine_words>,
         .help = "what makes the containers; default: what is there",
         .more = "What makes the containers. The default is the first program of these "
                 "that a node has, of those that can have such an image; one that is "
                 "named is taken, or it is an error."},
        {.name = "mount",
         .argument = "SRC[:DST]",
         .group = Group::containers,
         .scope = Scope::app,
         .adds_up = true,
         .set = add_mount,
         .help = "show the ranks a directory or file of the node",
         .more =
             "A directory or file of the node, and where it is inside; the default is "
             "the same path. May be repeated."},
        {.name = "devices",
         .argument = "LIST",
         .group = Group::containers,
         .adds_up = true,
         .set = add_devices,
         .help = "gpu, rdma, a path in /dev or a CDI name",
         .more = "Devices for the containers, with commas between: gpu is all GPUs, rdma "
                 "is /dev/infiniband, others are a path in /dev or a CDI name. May be "
                 "repeated."},
        {.name = "pull",
         .argument = "missing|never",
         .group = Group::containers,
         .words = pull_words,
         .set = set_word<&Options::pull, pull_words>,
         .help = "whether to fetch images; default: the engine's",
         .more = "Whether an image that a node has not is fetched. The default is the "
                 "engine's own."},
        {.name = "no-container",
         .group = Group::containers,
         .set = set_flag<&Options::no_container>,
         .help = "run the ranks without a container",
         .more = "No container, although a configuration file or PXLAUNCH_IMAGE names an "
                 "image."},
    };
}

} // namespace px::cli
