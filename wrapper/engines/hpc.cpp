// hpc.cpp - the engines of HPC sites, which share the node's namespaces by themselves:
// the reason for each option is above it.
#include "wrapper/engines/words.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

namespace px::wrapper::engines {

namespace {

using Words = std::vector<std::string>;

// Where the engine hands on its own environment whole, that is what may cross.
Command with_crossing(const char *program, const Request &request) {
    return {{program}, request.env};
}

// Empty if there is none.
std::string value(const Words &env, std::string_view name) {
    for (const auto &entry : env) {
        if (name_of(entry) == name && entry.size() > name.size())
            return entry.substr(name.size() + 1);
    }
    return {};
}

// What is the same for a rank and for a keeper.
void add_singularity_like(Words &argv, const Request &request) {
    // Of the host's environment nothing but what crosses.
    add(argv, {"--cleanenv"});
    // Values are values: without it, "$(...)" in one is executed.
    add(argv, {"--no-eval"});
    // As with the other engines: of the user's files what is asked for.
    add(argv, {"--no-home"});
    // Besides what its configuration mounts.
    for (const auto &mount : request.mounts)
        add(argv, {"--bind", mount.source + ":" + mount.target +
                                 (mount.is_read_only ? ":ro" : "")});
    // The vendor's libraries and devices; all of /dev is there already.
    if (asks_for(request, "gpu")) add(argv, {"--nv"});
    add(argv, request.extra);
}

// `prefix`ENV_NAME=VALUE sets NAME inside, also PATH, which no option can.
Command run_singularity_like(const char *program, const char *prefix,
                             const Request &request, const Words &own) {
    Command command{{program, "exec"}, own};
    for (const auto &entry : request.env)
        command.env.push_back(fmt::format("{}ENV_{}", prefix, entry));
    add_singularity_like(command.argv, request);
    // By itself it goes where the caller is, if that is there.
    if (!request.directory.empty()) add(command.argv, {"--pwd", request.directory});
    add(command.argv, {with_kind(request.image, "docker://")});
    add(command.argv, request.argv);
    return command;
}

} // namespace

Command run_apptainer(const Request &request, const Words &own) {
    Command command = run_singularity_like("apptainer", "APPTAINER", request, own);
    // Ranks read each other's memory only in one user namespace: the first makes it.
    if (request.local_ranks > 1)
        command.argv.insert(command.argv.begin() + 2, "--sharens");
    return command;
}

Command keep_apptainer(const Request &request, const Keeper &keeper, const Words &own) {
    Command command{{"apptainer", "exec"}, own};
    add_singularity_like(command.argv, request);
    // The image needs nothing of ours; and nobody inside can change what others run.
    add(command.argv, {"--bind", keeper.program + ":" + keeper_program + ":ro"});
    // There it notes itself, and sees by the locks when the last rank has ended.
    add(command.argv, {"--bind", keeper.folder + ":" + keeper_folder});
    // Ranks find their directory by themselves.
    add(command.argv, {"--pwd", "/"});
    add(command.argv, {with_kind(request.image, "docker://")});
    // By which pxwrap knows that it is the keeper, and of which state.
    add(command.argv, {keeper_program, "--keep", request.key});
    return command;
}

Command run_singularity(const Request &request, const Words &own) {
    return run_singularity_like("singularity", "SINGULARITY", request, own);
}

Command run_charliecloud(const Request &request, const Words &own) {
    Command command = with_crossing("ch-run", request);
    // It does not start without, and daemons have none; any name will do.
    if (value(request.env, "USER").empty()) {
        const auto user = value(own, "USER");
        command.env.push_back("USER=" +
                              (user.empty() ? std::to_string(request.uid) : user));
    }
    if (request.local_ranks > 1) {
        // Ranks read each other's memory only in one user namespace: the first makes it.
        add(command.argv, {"--join", fmt::format("--join-ct={}", request.local_ranks)});
        // By itself it takes the id of Slurm's step or of the parent, for every image.
        add(command.argv, {"--join-tag=" + request.key});
    }
    // What the image sets for itself, which is an error for one that says nothing of it.
    if (request.has_environment) add(command.argv, {"--set-env"});
    for (const auto &entry : request.env) {
        const auto name = name_of(entry);
        // ... but not over what the user has set.
        if (name == "PATH" || name == "LD_LIBRARY_PATH")
            add(command.argv, {"--set-env=" + entry});
    }
    for (const auto &mount : request.mounts) {
        // It cannot make a place for it in the image; PMIx clients do without.
        if (mount.is_optional) continue;
        // What is mounted can be written there, always: 0.31 knows no other way.
        add(command.argv, {"--bind", mount.source + ":" + mount.target});
    }
    // It starts in /, wherever the caller is.
    if (!request.directory.empty()) add(command.argv, {"--cd", request.directory});
    add(command.argv, request.extra);
    // What follows is the command, whatever it looks like.
    add(command.argv, {request.image, "--"});
    add(command.argv, request.argv);
    return command;
}

Command run_enroot(const Request &request, const Words &own) {
    Command command{{"enroot", "start"}, own};
    for (const auto &entry : request.env) {
        const std::string name(name_of(entry));
        if (name == "PATH" || name == "HOME" || name.starts_with("XDG_")) {
            // These are enroot's own, too.
            add(command.argv, {"--env", entry});
            continue;
        }
        std::erase_if(command.env, [&](const auto &old) { return name_of(old) == name; });
        command.env.push_back(entry);
        // It hands on nothing by itself. By name: values are for all to see in a list of
        // arguments.
        add(command.argv, {"--env", name});
    }
    // A line of fstab, with colons for blanks.
    for (const auto &mount : request.mounts)
        add(command.argv,
            {"--mount", mount.source + ":" + mount.target +
                            (mount.is_read_only ? ":x-create=auto,rbind,ro" : "")});
    add(command.argv, request.extra);
    add(command.argv, {request.image});
    // It has no option for the directory to start in.
    if (!request.directory.empty())
        add(command.argv, {"/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh",
                           request.directory});
    add(command.argv, request.argv);
    return command;
}

Command run_sarus(const Request &request, const Words &) {
    Command command = with_crossing("sarus", request);
    add(command.argv, {"run"});
    // Ranks read each other's memory by process id.
    add(command.argv, {"--pid=host"});
    // Besides what the site mounts.
    for (const auto &mount : request.mounts)
        add(command.argv,
            {fmt::format("--mount=type=bind,source={},destination={}{}", mount.source,
                         mount.target, mount.is_read_only ? ",readonly" : "")});
    // As a rank outside starts where its launcher is; else the image says where.
    if (!request.directory.empty()) add(command.argv, {"--workdir", request.directory});
    add(command.argv, request.extra);
    // The user's command is the whole command; the image's is not put before it.
    add(command.argv, {"--entrypoint="});
    add(command.argv, {request.image});
    add(command.argv, request.argv);
    return command;
}

Command run_shifter(const Request &request, const Words &) {
    Command command = with_crossing("shifter", request);
    // The kind is part of an image's name there.
    add(command.argv, {"--image=docker:" + request.image});
    // Besides what the site mounts.
    for (const auto &mount : request.mounts)
        add(command.argv, {"--volume=" + mount.source + ":" + mount.target +
                           (mount.is_read_only ? ":ro" : "")});
    // As a rank outside starts where its launcher is; else the image says where.
    if (!request.directory.empty()) add(command.argv, {"--workdir=" + request.directory});
    add(command.argv, request.extra);
    // What follows is the command, whatever it looks like.
    add(command.argv, {"--"});
    add(command.argv, request.argv);
    return command;
}

Command run_none(const Request &request, const Words &own) { return {request.argv, own}; }

} // namespace px::wrapper::engines
