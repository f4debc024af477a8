#pragma once
// Where this process is, as far as discovery asks: a value, so that tests make their own.

#include "pxlaunch/base/host_root.h"
#include "pxlaunch/discover/cpus.h"

#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace px::discover {

using Environment = std::map<std::string, std::string, std::less<>>;

inline constexpr const char *kernels_sockets = "/proc/net/tcp";

struct Here {
    Environment env;
    uid_t uid = 0;
    std::string host; // gethostname()
    // Nodes that the user named, "name" or "name:slots"; the server must have them all.
    std::vector<std::string> hosts;
    std::string site_directory; // the site's "run_directory"; empty: none
    std::string prrte;          // PRRTE's prefix: named, the site's, or our own
    std::string host_root;      // below which srun is, as named; empty: it is here
    // How a server may be started, in the order of trying, as the site has it; and the
    // file that allows no other, even if it is named.
    std::vector<std::string> methods;
    std::string methods_lock;
    std::string tmp = "/tmp"; // where TMPDIR is unset
    std::string boot;         // this boot of the kernel
    std::string pid_space;    // the pid namespace: pids mean something only inside one
    Cpus cpus;                // in an allocation; a laptop's need not be counted
    // Of Slurm's CPUs a core of the allocation's nodes is so many, as Slurm itself or a
    // server that has asked it says; 0: it is taken from this node.
    int slurm_threads = 0;
    std::string sockets = kernels_sockets; // a test has a table of its own

    // The variable's value; "" where it is unset, as for every scheduler's variables.
    [[nodiscard]] const std::string &get(std::string_view name) const;
    // Whether one of `hosts` is another node than this.
    [[nodiscard]] bool goes_elsewhere() const;
    [[nodiscard]] bool has(std::string_view name) const { return !get(name).empty(); }
};

// Of a process in a Slurm job whose host's root is bound at `path`.
HostRoot host_root_at(const std::string &path, const Here &here);

Here this_process();

// When a process started, in clock ticks since boot: with its pid, its identity. 0: there
// is no such process (any more).
unsigned long long start_of(pid_t pid);

} // namespace px::discover
