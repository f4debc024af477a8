// options.cpp - a table, because every option but a few has one value.
#include "wrapper/options.h"

#include "wrapper/engines/engine.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::wrapper {

namespace {

constexpr const char *help =
    "usage: pxwrap [OPTIONS] [--] COMMAND [ARG...]\n"
    "Runs one rank of a job, in a container if there is an image. pxlaunch puts it "
    "before\nthe command; alone, it becomes the command. The ranks of a job share one "
    "container\non each node, where the engine lets them.\n"
    "  --image IMAGE     a name, a directory, a .sif or .sqsh file, by engine; default\n"
    "                    PXWRAP_IMAGE, else MPI_IMAGE\n"
    "  --engine NAME     podman, docker, podman-hpc, apptainer, singularity-ce,\n"
    "                    charliecloud, enroot, sarus, shifter, or none: no container;\n"
    "                    default PXWRAP_ENGINE, else the first here for such an image\n"
    "  --mount SRC[:DST] a directory or file of the node, besides the working "
    "directory\n"
    "                    (unless that is / or HOME); may be repeated\n"
    "  --devices LIST    gpu, rdma, a path in /dev or a CDI name\n"
    "  --pull WHEN       missing or never\n"
    "  -C, --wdir DIR    start there; default: here, or in the image's own directory\n"
    "  --path DIRS       look for the command there, not in the image's PATH\n"
    "  -x, --env NAME[=VALUE]\n"
    "                    hand a variable on, besides those of the runtime and of MPI\n"
    "  --env-all         hand on the whole environment\n"
    "  --no-container    enter none, whatever the environment says\n"
    "  -V, --version     print the version\n"
    "  -h, --help        print this\n"
    "CONTAINER_ARGS holds further options for the engine, separated by blanks.\n";

using Setter = Result<void> (*)(Options &, const std::string &);

Result<void> set_engine(Options &options, const std::string &value) {
    PX_TRY(engines::find(value));
    options.engine = value;
    return {};
}

Result<void> set_image(Options &options, const std::string &value) {
    if (value.empty()) return usage_error("--image: expected the name of an image");
    if (value.starts_with('-')) {
        return usage_error(fmt::format("--image: no image is named {}", named(value)),
                           "is its name missing?");
    }
    options.image = value;
    return {};
}

Result<void> add_devices(Options &options, const std::string &value) {
    for (auto &device : split(value, ',')) {
        const bool known =
            device == "gpu" || device == "rdma" || device.find('/') != std::string::npos;
        if (!known) {
            return usage_error(fmt::format("--devices: unknown device {}", named(device)),
                               "there are: gpu, rdma, a path in /dev, a CDI name "
                               "(vendor.com/class=name)");
        }
        options.devices.push_back(std::move(device));
    }
    return {};
}

Result<void> set_pull(Options &options, const std::string &value) {
    if (value != "missing" && value != "never") {
        return usage_error(
            fmt::format("--pull: expected missing or never, got {}", named(value)));
    }
    options.pull = value;
    return {};
}

Result<void> add_env(Options &options, const std::string &value) {
    options.env.push_back(PX_TRY(job::parse_env_edit(value)));
    return {};
}

struct Row {
    const char *name, *letter;
    Setter set;
};

constexpr Row rows[] = {
    {"--engine", nullptr, set_engine},
    {"--image", nullptr, set_image},
    {"--mount", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.mounts.push_back(value);
         return {};
     }},
    {"--devices", nullptr, add_devices},
    {"--pull", nullptr, set_pull},
    {"--wdir", "-C",
     [](Options &options, const std::string &value) -> Result<void> {
         options.directory = value;
         return {};
     }},
    {"--path", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.path = value;
         return {};
     }},
    {"--env", "-x", add_env},
    {"--job", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.job = value;
         return {};
     }},
    {"--inject", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.inject = value;
         return {};
     }},
    {"--search-first", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.search_first = value;
         return {};
     }},
    {"--keep", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.key = value;
         return {};
     }},
    {"--attend", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.attended = value;
         return {};
     }},
    {"--remove", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.remover = value;
         return {};
     }},
    {"--start", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.started = value;
         return {};
     }},
    {"--guard", nullptr,
     [](Options &options, const std::string &value) -> Result<void> {
         options.guard = value;
         return {};
     }},
};

// The option at `at`, which moves past it; false if it is none with a value.
Result<bool> take_valued(Options &options, const std::vector<std::string> &words,
                         std::size_t &at) {
    const std::string &word = words[at];
    for (const Row &row : rows) {
        const std::string with_equals = std::string(row.name) + "=";
        if (word.starts_with(with_equals)) {
            PX_TRY(row.set(options, word.substr(with_equals.size())));
            return true;
        }
        if (word != row.name && (row.letter == nullptr || word != row.letter)) continue;
        if (++at >= words.size())
            return usage_error(fmt::format("{} needs a value", word),
                               "pxwrap --help lists the options");
        PX_TRY(row.set(options, words[at]));
        return true;
    }
    return false;
}

Result<void> add_defaults(Options &options, const std::vector<std::string> &environment) {
    const auto value = [&](const char *name) {
        return std::string(job::find_variable(environment, name).value_or(""));
    };
    if (options.engine == "none") return {};
    for (const char *name : {"PXWRAP_IMAGE", "MPI_IMAGE"}) {
        if (options.image.empty()) options.image = value(name);
    }
    const auto engine = value("PXWRAP_ENGINE");
    if (options.engine.empty() && !engine.empty()) {
        auto known = set_engine(options, engine);
        if (!known)
            return usage_error("PXWRAP_ENGINE" + known.error().what.substr(8),
                               known.error().hint);
    }
    for (auto &word : split(value("CONTAINER_ARGS"), ' ')) {
        if (!word.empty()) options.arguments.push_back(std::move(word));
    }
    if (options.image.empty() && !options.engine.empty() && options.engine != "none") {
        return usage_error(fmt::format("--engine {}: no image is given", options.engine),
                           "name one with --image, or in PXWRAP_IMAGE");
    }
    return {};
}

} // namespace

Result<Options> parse(const std::vector<std::string> &words,
                      const std::vector<std::string> &environment) {
    Options options;
    std::size_t at = 0;
    for (; at < words.size() && words[at].starts_with('-'); ++at) {
        const std::string &word = words[at];
        if (word == "-h" || word == "--help") options.text = help;
        if (word == "-V" || word == "--version") options.text = "pxwrap " PX_VERSION "\n";
        if (!options.text.empty()) return options;
        if (word == "--") {
            ++at;
            break;
        }
        if (word == "--env-all")
            options.whole_environment = true;
        else if (word == "--coded")
            options.is_coded = true;
        else if (word == "--no-container")
            options.engine = "none";
        else if (!PX_TRY(take_valued(options, words, at))) {
            return usage_error(fmt::format("unknown option {}", named(word)),
                               "pxwrap --help lists them; '--' ends them");
        }
    }
    options.argv.assign(words.begin() + static_cast<long>(at), words.end());
    if (!options.key.empty()) return options;
    if (options.argv.empty()) return usage_error("no command given", "pxwrap COMMAND");
    if (options.attended.empty() && options.started.empty() && options.remover.empty())
        PX_TRY(add_defaults(options, environment));
    return options;
}

} // namespace px::wrapper
