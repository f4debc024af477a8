#pragma once
// The hardware threads that this process may run on, and how many make a core.

namespace px::discover {

struct Cpus {
    int threads = 0, cores = 0; // that we may use; 0: not known
    int online = 0;             // hardware threads of this node
    int threads_per_core = 1;   // of this node
};

Cpus count_cpus();

} // namespace px::discover
