#pragma once
// A wire that remembers what the PMIx server would have been told.

#include "rec/jobs/wire.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace job_server {

using namespace px;
using namespace px::jobs;
using namespace std::chrono_literals;

// Remembers what the PMIx server would have been told.
struct FakeWire : px::jobs::Wire {
    Result<void> announce(const Job &job) override {
        announced += job.nspace + " ";
        return {};
    }
    Result<void> add_environment(const Job &, int rank,
                                 std::vector<std::string> &env) override {
        env.push_back(fmt::format("SERVER=for {}", rank));
        return {};
    }
    void deliver(const Job &job, int rank, Channel channel, std::string bytes) override {
        auto &to = channel == Channel::out ? out : err;
        to[fmt::format("{}.{}", job.nspace, rank)] += bytes;
    }
    void ended(const Job &job) override {
        results[job.nspace] = job.result;
        (job.silent ? silent : told) += job.nspace + " ";
    }
    std::map<std::string, std::string> out, err; // by namespace and rank
    std::map<std::string, job::JobResult> results;
    std::string announced, told, silent;
};

} // namespace job_server
