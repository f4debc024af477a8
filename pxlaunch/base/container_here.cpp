// container_here.cpp - the traces of engines: variables, and files of their own.
#include "pxlaunch/base/container_here.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <cstdlib>
#include <unistd.h>

namespace px {

ContainerHere container_told(const std::function<std::string(const char *)> &variable) {
    struct Trace {
        const char *variable, *engine;
        bool is_image; // its value
    };
    for (const Trace &trace : {Trace{"APPTAINER_CONTAINER", "apptainer", true},
                               Trace{"SINGULARITY_CONTAINER", "singularity-ce", true},
                               Trace{"SHIFTER_IMAGEREQUEST", "shifter", true},
                               Trace{"CH_RUNNING", "charliecloud", false}}) {
        const std::string value = variable(trace.variable);
        if (!value.empty()) return {trace.engine, trace.is_image ? value : ""};
    }
    return {};
}

ContainerHere container_here() {
    const auto told = container_told([](const char *name) {
        const char *value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    });
    if (!told.engine.empty()) return told;
    // podman tells the image in the file of privileged containers alone.
    if (const auto file = read_file("/run/.containerenv")) {
        constexpr std::string_view key = "\nimage=\"";
        const auto at = file->find(key);
        if (at == std::string::npos) return {"podman", ""};
        const auto begin = at + key.size();
        return {"podman", file->substr(begin, file->find('"', begin) - begin)};
    }
    if (::access("/.dockerenv", F_OK) == 0) return {"docker", ""};
    return {};
}

std::string command_by_pxrec(const ContainerHere &here) {
    const std::string image = here.image.empty() ? "IMAGE" : displayed(here.image);
    return "pxrec run --image " + image + " --engine " + here.engine + " -- ./job.sh";
}

} // namespace px
