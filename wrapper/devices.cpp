// devices.cpp - files in /dev, and the descriptions of CDI (cncf.io's Container Device
// Interface), whose "kind" is the part of a name before '='.
#include "wrapper/devices.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <dirent.h>
#include <memory>
#include <unistd.h>

namespace px::wrapper {

namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR *)>;

bool is_there(const std::string &path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_described(const std::string &kind, const std::string &root) {
    for (const char *folder : {"/etc/cdi/", "/var/run/cdi/"}) {
        const std::string path = root + folder;
        const Directory directory(::opendir(path.c_str()), ::closedir);
        for (const dirent *entry = nullptr;
             directory && (entry = ::readdir(directory.get())) != nullptr;) {
            const auto text = read_file(path + entry->d_name);
            if (text && text->find(kind) != std::string::npos) return true;
        }
    }
    return false;
}

Result<void> check_kind(const std::string &asked, const std::string &kind,
                        const std::string &root) {
    if (is_described(kind, root)) return {};
    return cannot_run(
        fmt::format("--devices {}: this node has no {}: no file in /etc/cdi or "
                    "/var/run/cdi describes it",
                    asked, kind),
        kind == "nvidia.com/gpu"
            ? "has it a GPU? Then root runs: nvidia-ctk cdi generate "
              "--output=/etc/cdi/nvidia.yaml. Other GPUs: --devices with their CDI "
              "name, or paths such as /dev/kfd,/dev/dri"
            : "is the name right? Its vendor's tools write the file");
}

Result<void> check_path(const std::string &asked, const std::string &path,
                        const std::string &root, const char *hint) {
    if (is_there(root + path)) return {};
    return cannot_run(
        fmt::format("--devices {}: this node has no {}", asked, named(path)), hint);
}

} // namespace

Result<void> check_devices(const engines::Engine &engine,
                           const std::vector<std::string> &devices,
                           const std::string &root) {
    for (const auto &device : devices) {
        if (device == "rdma") {
            PX_TRY(check_path(device, "/dev/infiniband", root,
                              "is there an adapter, and are its drivers loaded "
                              "(ib_uverbs, rdma_ucm)? Without --devices rdma MPI "
                              "takes the network that there is"));
        } else if (device == "gpu" && engine.has_cdi) {
            PX_TRY(check_kind(device, "nvidia.com/gpu", root));
        } else if (device == "gpu") {
            PX_TRY(check_path(device, "/dev/nvidiactl", root,
                              "has it a GPU of NVIDIA's, and is the driver loaded?"));
        } else if (device.starts_with('/')) {
            PX_TRY(check_path(device, device.substr(0, device.find(':')), root,
                              "is the path right, and the driver loaded?"));
        } else {
            PX_TRY(check_kind(device, device.substr(0, device.find('=')), root));
        }
    }
    return {};
}

} // namespace px::wrapper
