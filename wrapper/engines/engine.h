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
    bool is_read_only = false;
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
    std::vector<std::string> limits; // of root: "nofile=SOFT:HARD", of what engines set
    int local_ranks = 0;             // of this job on this node; 0: not known
    bool injected = false;           // a pxlaunch is among the mounts
    bool has_environment = true;     // a directory without /ch/environment has none
    std::string key;                 // of the job's container on this node
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

enum class Joined {
    by_nobody,
    by_user, // whose namespaces they are
    by_root, // a daemon of root's makes them
};

struct Engine {
    const char *name;
    const char *program; // nullptr: none is needed
    // One container for one rank. `own` is pxwrap's environment, of which the engine
    // itself may need something.
    Command (*run)(const Request &request, const std::vector<std::string> &own);
    // The container that ranks join; nullptr: this engine's cannot be joined.
    Command (*keep)(const Request &request, const Keeper &keeper,
                    const std::vector<std::string> &own) = nullptr;
    Joined joined = Joined::by_nobody;
    bool detaches = true;  // what keeps it ends when it has started; else with the keeper
    bool is_text = false;  // run: it is JSON inside, and loses bytes that are no UTF-8
    bool outlives = false; // run: killed, it leaves the container behind
    bool has_cdi = false;  // --devices gpu is a name of CDI
};

// Whether ranks of this request enter one container of this engine.
bool can_join(const Engine &engine, const Request &request);

// Where a keeper finds pxwrap and the folder of states.
constexpr const char *keeper_program = "/.pxwrap/program";
constexpr const char *keeper_folder = "/.pxwrap/jobs";

// Where a script finds the pxlaunch that is mounted for it: a place of its own.
constexpr const char *injected_folder = "/.pxlaunch";

const std::vector<Engine> &all();

// By name; an Error lists the names.
Result<const Engine *> find(const std::string &name);

// The engines that can have an image of this kind, the likeliest first.
std::vector<const Engine *> for_image(const std::string &image);

} // namespace px::wrapper::engines
