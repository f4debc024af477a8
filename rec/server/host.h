#pragma once
// The PMIx server: libpmix's server library with our upcalls behind it. One per process.
// Upcalls arrive on libpmix's thread; each copies what it was given, posts to the loop
// and returns. All PMIx_server_* functions are called on the loop's thread.

#include "pxlaunch/base/loop.h"
#include "rec/jobs/table.h"
#include "rec/server/store.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace px::server {

struct HostOptions {
    std::string
        directory; // private, ours alone; libpmix's session directory is made in it
    bool managed = false; // a shared pool of cores, or the server of one pxlaunch
    // Whose cores they are, where steps run the jobs; empty: this node's.
    std::vector<jobs::PoolNode> nodes = {};
    jobs::Steps *steps = nullptr; // lives longer than the Host
};

// Things handed to libpmix that it has not taken yet.
class InFlight {
  public:
    void left();
    void arrived(); // any thread
    void wait_for_none();

  private:
    std::mutex mutex_;
    std::condition_variable none_;
    int count_ = 0;
};

class Host final : public jobs::Wire {
  public:
    // libpmix must not have been initialised before; settle_environment() must have run.
    // `topology` is this node's.
    static Result<std::unique_ptr<Host>> start(Loop &loop, const map::Topology &topology,
                                               const HostOptions &options);
    ~Host() override; // finalizes libpmix
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;

    static Host &current(); // the one that upcalls belong to

    [[nodiscard]] const std::string &uri() const { return uri_; }
    [[nodiscard]] const std::string &nspace() const { return nspace_; }

    Result<void> announce(const jobs::Job &job) override;
    Result<void> add_environment(const jobs::Job &job, int rank,
                                 std::vector<std::string> &env) override;
    void deliver(const jobs::Job &job, int rank, jobs::Channel channel,
                 std::string bytes) override;
    void ended(const jobs::Job &job) override;

    Loop &loop;
    jobs::Pool pool;
    jobs::JobTable jobs;
    Store store; // publish and lookup
    std::map<std::string, Error>
        last_errors; // of each tool's last refused spawn, by nspace
    unsigned last_tool = 0;
    std::function<void()> on_attach; // a tool has come; or empty
    struct Ended {
        std::string nspace;
        job::JobResult result;
    };
    std::deque<Ended> ended_jobs; // the last ones, oldest first
    double started = 0;           // seconds since the epoch

  private:
    Host(Loop &loop, const map::Topology &topology, const HostOptions &options);
    Result<void> initialize();
    Result<void> watch_losses();
    [[nodiscard]] std::string directory_of(const jobs::Job &job) const; // for its ranks

    HostOptions options_;
    const map::Topology &topology_;
    std::string nspace_, uri_;
    std::map<std::string, std::shared_ptr<InFlight>>
        in_flight_; // by namespace of the root
};

} // namespace px::server
