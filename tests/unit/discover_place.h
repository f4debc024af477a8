#pragma once
// A place to discover servers in: an environment, a host and a temporary directory.

#include "pxlaunch/discover/discover.h"
#include "temporary.h"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace px;
using namespace px::discover;

inline const std::string uri = "prterun-n01-7@0.0;tcp4://127.0.0.1:4711";

struct Place {
    Place(const Place &) = delete;
    explicit Place(const Environment &env = {}) {
        here = this_process();
        here.env = env;
        here.host = "n01";
        here.tmp = temporary.path();
    }
    // A living server of ours, in the directory `name`, or that which belongs there.
    std::string add_server(const std::string &allocation, const std::string &name = {},
                           void (*change)(Rendezvous &) = nullptr) {
        const auto path = create_run_directory(
            here, name.empty() ? pool_name(here, allocation) : name, ::getpid());
        Rendezvous server;
        server.version = "1.2.3";
        server.pmix_version = "5.0.7";
        server.uri = "pxrec-7.0;tcp4://127.0.0.1:4711";
        server.owner = *read_owner(**path);
        server.uid = static_cast<long>(here.uid);
        server.allocation = allocation;
        server.managed = true;
        server.cores = 16;
        if (change != nullptr) change(server);
        CHECK(write_rendezvous(**path, server));
        return **path;
    }
    // "attach parent", "start local", or the error.
    [[nodiscard]] std::string outcome(const Wish &wish = {}) const {
        const Discovery seen = discover::discover(wish, here);
        if (!seen.found) return seen.found.error().what + " | " + seen.found.error().hint;
        return (seen.found->kind == Found::attach ? "attach " : "start ") +
               seen.found->from;
    }
    [[nodiscard]] Candidate candidate(const std::string &name) const {
        Candidate last;
        for (const Candidate &each : look_at_all(here)) {
            if (each.name == name) last = each;
        }
        return last;
    }

    Temporary temporary;
    Here here;
};
