#pragma once
// The container engines: rows of one table, each with pure functions from what is asked
// for to the command that does it. Nothing here looks at the machine.

#include "pxlaunch/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::wrapper::engines {

struct Mount {
    std::string source, target; // absolute, without ':'
    bool is_optional = false;   // better with it, possible without
};

// A rank, or the container that the ranks of a node share, as asked for.
struct Request {
    std::string image; // reference, .sif, .sqsh or directory, by engine
    std::vector<Mount> mounts;
    std::vector<std::string> devices; // "gpu", "rdma", a path in /dev, or a CDI name
    std::string pull;                 // "missing", "never"; empty: the engine's default
    std::vector<std::string> extra;   // options of the engine, as the user wrote them
    std::string directory;            // to start in; empty: the image's own
    std::vector<std::string> env;     // NAME=VALUE: what crosses the border
    std::vector<std::string> argv;
    std::string path; // where to look for argv[0], if it is joined; empty: PATH
    unsigned uid = 0, gid = 0;
    int local_ranks = 0;         // of this job on this node; 0: not known
    bool has_environment = true; // a directory without /ch/environment has none
    std::string key;             // of the job's container on this node
};

// The process in a container that ranks join: pxwrap itself.
struct Keeper {
    std::string name;    // of the container
    std::string program; // where this pxwrap is
    std::string folder;  // of the states, which the keeper writes its own into
};

struct Command {
    std::vector<std::string> argv;
    std::vector<std::string> env; // of the engine, whole
};

struct Engine {
    const char *name;
    const char *program; // nullptr: none is needed
    // One container for one rank. `own` is pxwrap's environment, of which the engine
    // itself may need something.
    Command (*run)(const Request &request, const std::vector<std::string> &own);
    // The container that ranks join; nullptr: this engine's cannot be joined.
    std::vector<std::string> (*keep)(const Request &request, const Keeper &keeper);
};

// Where a keeper finds pxwrap and the folder of states.
constexpr const char *keeper_program = "/.pxwrap/program";
constexpr const char *keeper_folder = "/.pxwrap/jobs";

const std::vector<Engine> &all();

// By name; an Error lists the names.
Result<const Engine *> find(const std::string &name);

// The engines that can have an image of this kind, the likeliest first.
std::vector<const Engine *> for_image(const std::string &image);

} // namespace px::wrapper::engines
