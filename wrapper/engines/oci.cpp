// oci.cpp - podman, podman-hpc and docker: the reason for each option is above it.
#include "wrapper/engines/words.h"

#include <fmt/format.h>

namespace px::wrapper::engines {

namespace {

using Words = std::vector<std::string>;

void add_mounts(Words &argv, const Request &request) {
    // Of the node what is asked for, at the same path or another; --mount would split its
    // words at commas.
    for (const auto &mount : request.mounts)
        add(argv, {"--volume", mount.source + ":" + mount.target +
                                   (mount.is_read_only ? ":ro" : "")});
}

void add_common(Words &argv, const Request &request) {
    // The container goes with its process; nobody else would remove it.
    add(argv, {"--rm"});
    // PMIx servers listen on the node's loopback address.
    add(argv, {"--network", "host"});
    // Else /proc/self and /dev/stdout of a process that joins lead nowhere; and ranks
    // read each other's memory by process id.
    add(argv, {"--pid", "host"});
    // Ranks share memory through the node's /dev/shm.
    add(argv, {"--ipc", "host"});
    // PMIx and MPI compare host names to see who is on their node.
    add(argv, {"--uts", "host"});
    // Nothing that a rank does needs one; what the launcher may do it may not do there.
    add(argv, {"--cap-drop", "ALL", "--security-opt", "no-new-privileges"});
    // On hosts with SELinux the job's directory could not be read otherwise.
    add(argv, {"--security-opt", "label=disable"});
    // Output goes where the launcher reads it, or there is none: no copy on disk.
    add(argv, {"--log-driver", "none"});
    // An image's health check would start processes beside the ranks.
    add(argv, {"--no-healthcheck"});
    add_mounts(argv, request);
    // "never" where the images are on the nodes already.
    if (!request.pull.empty()) add(argv, {"--pull", request.pull});
}

// What the user's own options may not change comes after them.
void add_own(Words &argv, const Request &request) {
    add(argv, request.extra);
    // psec native compares the numeric ids of client and server, whatever USER says; and
    // ranks that join keep their ids, so the keeper has to be theirs.
    add(argv, {"--user", fmt::format("{}:{}", request.uid, request.gid)});
}

void add_podman(Words &argv, const Request &request) {
    add_common(argv, request);
    // The user's id outside is the same one inside, and files keep their owner. What
    // root runs has its ids anyway, and podman refuses it this.
    if (request.uid != 0) add(argv, {"--userns", "keep-id"});
    // The defaults of podman ask for more than a job's limits allow; for root, "host" is
    // those defaults.
    if (request.limits.empty()) add(argv, {"--ulimit", "host"});
    // As outside, one by one.
    for (const auto &limit : request.limits) add(argv, {"--ulimit", limit});
    // Proxies of the host, with their passwords, are none of the image's business.
    add(argv, {"--http-proxy=false"});
    // The CDI name of all GPUs; the vendor's toolkit describes them in /etc/cdi.
    if (asks_for(request, "gpu")) add(argv, {"--device", "nvidia.com/gpu=all"});
    // Verbs devices; the limit for locked memory is the host's, by --ulimit.
    if (asks_for(request, "rdma")) add(argv, {"--device", "/dev/infiniband"});
    // A path or a CDI name, which are the engine's own words.
    for (const auto &device : other_devices(request)) add(argv, {"--device", device});
    add_own(argv, request);
}

// By name where that is possible: values of an argument list are for all to see.
void add_environment(Words &argv, Words &env, const Request &request) {
    for (const auto &entry : request.env) {
        const std::string name(name_of(entry));
        if (is_of_engine(name)) {
            // In the engine's own environment it would change the engine.
            add(argv, {"--env", entry});
            continue;
        }
        std::erase_if(env, [&](const auto &old) { return name_of(old) == name; });
        env.push_back(entry);
        // The value is the one that the engine itself has.
        add(argv, {"--env", name});
    }
}

void add_docker(Words &argv, const Request &request) {
    add_common(argv, request);
    // All GPUs, by the vendor's runtime hook.
    if (asks_for(request, "gpu")) add(argv, {"--gpus", "all"});
    // Verbs devices, and memory that they may be given.
    if (asks_for(request, "rdma"))
        add(argv, {"--device", "/dev/infiniband", "--ulimit", "memlock=-1"});
    // A path or a CDI name, which are the engine's own words.
    for (const auto &device : other_devices(request)) add(argv, {"--device", device});
    add_own(argv, request);
}

Words image_words(const Request &request) {
    // A directory as the root: changes go to a layer above it and are thrown away.
    if (is_directory(request.image)) return {"--rootfs", request.image + ":O"};
    return {request.image};
}

Command run_with(const char *program, const Request &request, const Words &own) {
    Command command{{program, "run"}, own};
    add_podman(command.argv, request);
    // The launcher's input is the rank's.
    add(command.argv, {"--interactive"});
    add_environment(command.argv, command.env, request);
    // As a rank outside starts where its launcher is; else the image says where.
    if (!request.directory.empty()) add(command.argv, {"--workdir", request.directory});
    // The user's command is the whole command; the image's is not put before it.
    add(command.argv, {"--entrypoint", ""});
    add(command.argv, image_words(request));
    add(command.argv, request.argv);
    return command;
}

void add_keeper(Words &argv, const Request &request, const Keeper &keeper,
                const Words &image) {
    // Whoever starts it is to become a rank; the name says whose it is, once it is dead.
    add(argv, {"--detach", "--name", keeper.name});
    // The image needs nothing of ours; and nobody inside can change what others run.
    add(argv, {"--volume", keeper.program + ":" + keeper_program + ":ro"});
    // There it notes itself, and sees by the locks when the last rank has ended.
    add(argv, {"--volume", keeper.folder + ":" + keeper_folder});
    // It does not hold for who enters; for the keeper alone, which only waits, its
    // compilation is a fifth of podman's time.
    add(argv, {"--security-opt", "seccomp=unconfined"});
    // The keeper is nobody who needs asking: TERM would cost 10 s.
    add(argv, {"--stop-signal", "KILL"});
    // The image's own would be something else, or before it.
    add(argv, {"--entrypoint", keeper_program});
    add(argv, image);
    // By which pxwrap knows that it is the keeper, and of which state; it notes the name.
    add(argv, {"--keep", request.key, keeper.name});
}

Command keep_with(const char *program, const Request &request, const Keeper &keeper,
                  const Words &own) {
    Words argv = {program, "run"};
    add_podman(argv, request);
    add_keeper(argv, request, keeper, image_words(request));
    return {std::move(argv), own};
}

} // namespace

bool is_of_engine(std::string_view name) {
    for (const char *prefix : {"PATH", "HOME", "TMPDIR", "XDG_", "DOCKER_", "CONTAINER",
                               "STORAGE_", "LD_", "REGISTRY_", "USER"}) {
        if (name.starts_with(prefix)) return true;
    }
    return false;
}

Command run_podman(const Request &request, const Words &own) {
    return run_with("podman", request, own);
}
Command run_podman_hpc(const Request &request, const Words &own) {
    return run_with("podman-hpc", request, own);
}
Command keep_podman(const Request &request, const Keeper &keeper, const Words &own) {
    return keep_with("podman", request, keeper, own);
}
Command keep_podman_hpc(const Request &request, const Keeper &keeper, const Words &own) {
    return keep_with("podman-hpc", request, keeper, own);
}

Command run_docker(const Request &request, const Words &own) {
    Command command{{"docker", "run"}, own};
    add_docker(command.argv, request);
    // Ranks read each other's memory; docker's filter of system calls lets only those do
    // that who could have this. An ordinary user's process has it not.
    if (request.uid != 0) add(command.argv, {"--cap-add", "SYS_PTRACE"});
    // The launcher's input is the rank's.
    add(command.argv, {"--interactive"});
    add_environment(command.argv, command.env, request);
    // As a rank outside starts where its launcher is; else the image says where.
    if (!request.directory.empty()) add(command.argv, {"--workdir", request.directory});
    // The user's command is the whole command; the image's is not put before it.
    add(command.argv, {"--entrypoint", ""});
    add(command.argv, {request.image});
    add(command.argv, request.argv);
    return command;
}

Command keep_docker(const Request &request, const Keeper &keeper, const Words &own) {
    Command command{{"docker", "run"}, own};
    add_docker(command.argv, request);
    add_keeper(command.argv, request, keeper, {request.image});
    return command;
}

} // namespace px::wrapper::engines
