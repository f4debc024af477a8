#pragma once
// The command line as values: every option parsed and checked on its own, nothing decided
// yet. What was not given is empty; counts and places are decided in make_spec().

#include "pxlaunch/base/result.h"
#include "pxlaunch/job/environment.h"
#include "pxlaunch/job/placement.h"
#include "pxlaunch/job/spec.h"

#include <optional>
#include <string>
#include <vector>

namespace px::cli {

// A value, or everything that is wrong with what it was to be made from; with errors the
// value is not to be used.
template <class T>
struct Checked {
    T value;
    std::vector<Error> errors;

    explicit operator bool() const { return errors.empty(); }
    T *operator->() { return &value; }
    const T *operator->() const { return &value; }
};

// One application: the options before its command, and the command.
struct AppOptions {
    std::vector<std::string> argv;
    std::optional<int> np, per_node, cpus_per_rank, gpus_per_rank;
    std::vector<std::string> hosts;       // "name" or "name:slots"
    std::vector<job::EnvEdit> env;        // -x and --unset-env, in order
    std::optional<std::string> directory; // as typed, may be relative
    std::optional<std::string> path;
    std::string image; // empty: no container
    std::vector<std::string> mounts;
};

struct Display {
    bool map = false, bind = false, alloc = false;

    [[nodiscard]] bool any() const { return map || bind || alloc; }
};

struct Options {
    std::vector<AppOptions> apps; // may be empty with --probe only

    std::optional<int> nodes;
    std::optional<job::MapBy> map;
    std::optional<job::RankBy> rank;
    std::optional<job::BindTo> bind;
    std::string hostfile;
    std::vector<std::string> excluded;
    bool oversubscribe = false, nolocal = false;

    bool env_all = false, no_env = false;
    std::vector<std::string> env_files;

    std::string engine, pull; // empty: not given
    std::vector<std::string> devices;
    bool no_container = false;

    job::Io io; // io.input is the default unless input_given
    bool input_given = false;

    std::string rec;           // NAME[:ARG] of --rec; empty: discover
    std::string uri;           // as typed: "file:PATH" or a literal URI
    std::string server_origin; // "--rec", "PXLAUNCH_URI", a file: where they came from
    bool no_start = false;     // never start a server
    std::string pxwrap;        // its path on the nodes; empty: see launch/job.cpp
    job::Limits limits;        // complete, with the built-in defaults

    std::string jobs;            // a file of command lines, "-"; empty: one job
    std::optional<int> parallel; // of them at once
    bool keep_going = false;
    int retries = 0;

    bool probe = false;   // print what is here, run nothing
    bool explain = false; // print the reasons, run nothing
    bool dry_run = false; // print the plan, run nothing
    Display display;      // pictures on stderr before the job runs
    int verbose = 0;

    bool json = false; // Inspect output as JSON
    std::optional<int> status_fd;
    std::string report; // a file; empty: none

    bool version = false;
    std::optional<std::string> help; // the topic; "" is the overview

    [[nodiscard]] bool runs_nothing() const { return probe || explain || dry_run; }
};

} // namespace px::cli
