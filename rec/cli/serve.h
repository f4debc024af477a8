#pragma once
// The server process: one PMIx server on this node, from its directory to its last job.

#include "pxlaunch/base/result.h"
#include "pxlaunch/discover/here.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace px::rec {

struct ServeOptions {
    bool managed = false;      // shares out its cores, and leaves a rendezvous document
    bool discoverable = false; // others find it by the allocation's name
    bool of_script = false;    // see script.h
    bool find_gpus = false;
    std::optional<int> cores; // as many of those that we may use; else all
    int keepalive = -1;       // a descriptor; the server ends at its end of file
    int ready = -1;           // a descriptor for one line: "ok URI", or "error ..."
    std::optional<std::chrono::milliseconds> idle; // ends after so long without a job
    std::string allocation = "none";
    // Who starts ranks: this server itself, a PRRTE DVM that we keep, or srun; pmi2: that
    // of the host side, by an errand.
    enum class Method { local, prrte, srun, pmi2 } method = Method::local;
    std::vector<std::string> hosts; // of the others: "name" or "name:slots"
    int threads = 0;                // Here::slurm_threads of the others
    bool by_slurm = false; // a DVM's daemons are a step of the Slurm job, not by ssh
    std::string prrte_prefix;
    int pmi = -1;          // of pmi2: PMI_FD
    std::string host_root; // below which srun is; empty: it is here
    std::string wrapper;   // pxwrap's path on the nodes; empty: as here
    std::chrono::milliseconds start_timeout{60'000}; // of the DVM, or of the errand
};

// Of "local", "prrte", "srun" and "pmi2".
std::optional<ServeOptions::Method> method_named(std::string_view word);

// Becomes the server (under a guard) and ends the process. What goes wrong at the start
// is written to `ready`.
[[noreturn]] void serve(const ServeOptions &options, const discover::Here &here);

} // namespace px::rec
