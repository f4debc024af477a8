#pragma once
// What this machine can do for jobs, for pxrec probe. Looks, and changes nothing.

#include "pxlaunch/discover/here.h"

#include <string>
#include <vector>

namespace px::rec {

struct Limit {
    std::string name;              // "open files"
    unsigned long long soft, hard; // RLIM_INFINITY: none
};

enum class Munge { absent, alive, dead };
const char *to_string(Munge munge);
// Whether somebody listens on the socket: a dead one costs other PMIx programs seconds.
Munge look_at_munge(const std::string &socket);

struct Machine {
    std::string host, allocation, pmix, run_directory;
    int cores = 0, threads = 0; // that we may use
    int gpus = 0;
    std::string gpu_vendor;
    Munge munge = Munge::absent;
    std::vector<Limit> limits;
};

Machine look_at_machine(const discover::Here &here);

std::string machine_text(const Machine &machine);

} // namespace px::rec
