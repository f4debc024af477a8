#pragma once
// The command line of pxwrap, and the variables that it has as defaults.

#include "pxlaunch/job/environment.h"

#include <optional>
#include <string>
#include <vector>

namespace px::wrapper {

struct Options {
    std::string text;   // to be printed, and nothing else done
    std::string engine; // empty: by the image
    std::string image;  // empty: none
    std::vector<std::string> mounts, devices, arguments; // of the engine
    std::string pull;
    std::optional<std::string> directory; // in the image; "" is the image's own
    std::string job; // whose container it is to be; empty: the runtime's word for it
    std::string inject;       // a static pxlaunch, to be in the search path inside
    std::string search_first; // before PATH; of a pxwrap inside
    std::string path;         // where to look for the command; empty: PATH
    std::vector<job::EnvEdit> env;
    bool whole_environment = false;
    std::string key;      // --keep: it is the keeper of that job; argv has its name
    std::string attended; // --attend: it stays with the keeper's engine; of that state
    std::string remover;  // --remove: the engine that dead containers are removed by
    std::string started;  // --start: the same until the engine has started the keeper
    // The first process of a container of one rank:
    bool is_coded = false; // --coded: words are, and some variables
    std::string guard;     // --guard: it ends with that process
    std::vector<std::string> argv;
};

Result<Options> parse(const std::vector<std::string> &words,
                      const std::vector<std::string> &environment);

} // namespace px::wrapper
