// bridge.cpp - a job of the table as shims under srun.
#include "rec/bridge/bridge.h"

#include "pxlaunch/channel/seat.h"
#include "pxlaunch/shims/shim_runtime.h"
#include "rec/bridge/abort_words.h"
#include "rec/bridge/spawn_call.h"
#include "rec/bridge/srun_step.h"
#include "rec/jobs/rank_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace px::bridge {

namespace {

class BridgedJob : public jobs::Step {
  public:
    BridgedJob(Loop &loop, SrunSettings srun, const BridgeSettings &settings,
               const jobs::Job &job, jobs::StepEvents events)
        : nspace_(srun.nspace), events_(std::move(events)), srun_(loop, std::move(srun)),
          shims_(loop, srun_, settings.wrapper, settings.host) {
        ranks_ = static_cast<int>(job.ranks.size());
        merged_ = job.asked.spec.io.merge_stderr;
        std::vector<job::RankFacts> facts;
        for (std::size_t rank = 0; rank < job.ranks.size(); ++rank) {
            facts.push_back(jobs::facts_of(job, static_cast<int>(rank)));
            facts.back().server =
                fmt::format("{} slurm:{}", settings.host, settings.slurm_job);
        }
        // A busy controller makes srun wait; one that never answers must not.
        patience_ = job.asked.spec.limits.start_timeout;
        shims_.seat(std::move(facts), patience_);
        shims_.on_arrival = [this](const channel::Hello &hello) {
            const bool known = hello.rank >= 0 && hello.rank < ranks_;
            if (known) events_.arrived(hello.rank, hello.pid);
        };
        shims_.on_output = [this](tool::Source from, tool::Channel channel,
                                  std::string bytes) {
            if (channel == tool::Channel::err || merged_) {
                calls_.heard(from.rank, bytes);
                abort_.heard(from.rank, bytes);
            }
            events_.output(from.rank,
                           channel == tool::Channel::out ? jobs::Channel::out
                                                         : jobs::Channel::err,
                           std::move(bytes));
        };
        shims_.on_job_end = [this](job::JobResult result) {
            StepEnd end = srun_.end();
            end.said = abort_.status();
            if (shims_.was_late()) end.patience = patience_;
            events_.ended(with_spawn_call(verdict(std::move(result), end), calls_));
        };
    }

    Result<void> start(const jobs::Job &job) {
        Result<void> started;
        tool::SpawnExtras extras;
        extras.rows = job.asked.rows;
        extras.columns = job.asked.columns;
        auto spec = job.asked.spec;
        spec.apps = counted(job);
        for (auto &app : spec.apps) name_spawn_calls(app.env);
        shims_.spawn(spec, extras, [&started](Result<std::string> nspace) {
            if (!nspace) started = std::move(nspace).error();
        });
        return started;
    }

    void begin_output() override {
        shims_.pull(nspace_, [](Result<void>) {});
    }
    void acknowledged(unsigned long long bytes) override {
        shims_.acknowledge(nspace_, bytes);
    }
    void push_input(int rank, std::string bytes, bool end,
                    std::function<void()> done) override {
        const job::Stdin to{rank < 0 ? job::StdinTo::all : job::StdinTo::one, rank};
        shims_.push_input(nspace_, to, std::move(bytes), end, std::move(done));
    }
    void set_window(int rows, int columns) override {
        shims_.set_window(nspace_, rows, columns);
    }
    void signal(int rank, int number) override {
        if (rank >= 0) return shims_.signal_rank(rank, number);
        if (number == SIGKILL) return shims_.kill(nspace_);
        shims_.signal(nspace_, number, {});
    }
    void print_stacks(std::function<void()> done) override {
        shims_.print_stacks(nspace_, [done = std::move(done)](Result<void>) { done(); });
    }
    bool reaped(int pid, int wait_status) override {
        return srun_.reaped(pid, wait_status);
    }

  private:
    // The mapper may have decided how many ranks an application has.
    static std::vector<job::App> counted(const jobs::Job &job) {
        auto apps = job.asked.spec.apps;
        for (auto &app : apps) app.np = 0;
        for (const auto &place : job.layout.ranks)
            ++apps[static_cast<std::size_t>(place.app)].np;
        return apps;
    }

    std::string nspace_;
    int ranks_ = 0;
    bool merged_ = false; // errors come as output
    Milliseconds patience_{};
    SpawnCalls calls_;
    AbortWords abort_;
    jobs::StepEvents events_;
    SrunStep srun_;
    shims::ShimRuntime shims_;
};

// The shims count their hardware threads, whose numbers may differ from node to node.
std::vector<int> places_of(const std::vector<int> &cpus, const map::Topology &topology) {
    auto cores = topology.parts(job::Object::core);
    std::sort(cores.begin(), cores.end(),
              [](const auto &a, const auto &b) { return a.pus < b.pus; });
    std::vector<int> places;
    int place = 0;
    for (const auto &core : cores) {
        for (const int pu : core.pus) {
            if (std::binary_search(cpus.begin(), cpus.end(), pu)) places.push_back(place);
            ++place;
        }
    }
    return places;
}

std::string name_of(const std::string &command) {
    const auto name = command.substr(command.rfind('/') + 1);
    return name.empty() ? "pxlaunch" : name;
}

} // namespace

Result<std::unique_ptr<jobs::Step>> Bridge::start(const jobs::Job &job,
                                                  jobs::StepEvents events) {
    SrunSettings srun;
    srun.sruns = settings_.sruns;
    srun.nspace = job.nspace;
    srun.order.slurm_job = settings_.slurm_job;
    srun.order.name = name_of(job.asked.spec.apps.front().argv.front());
    srun.order.ranks = static_cast<int>(job.layout.ranks.size());
    srun.order.oversubscribed = job.layout.oversubscribed;
    const bool by_default = job.asked.spec.placement.bind.object == job::Object::slot;
    std::vector<channel::Seat> seats;
    for (const auto &place : job.layout.ranks) {
        const auto &node = settings_.nodes[static_cast<std::size_t>(place.node)];
        seats.push_back({place.app, places_of(place.cpus, *node.topology),
                         static_cast<int>(node.topology->pus().size()), by_default});
    }
    srun.seats = channel::to_environment(seats);
    srun.seats.insert(srun.seats.end(), settings_.extra.begin(), settings_.extra.end());
    std::vector<std::string> names;
    for (const auto &node : settings_.nodes) names.push_back(node.host);
    srun.hosts = hostfile_text(job.layout, names);
    auto step = std::make_unique<BridgedJob>(loop_, std::move(srun), settings_, job,
                                             std::move(events));
    PX_TRY(step->start(job));
    return std::unique_ptr<jobs::Step>(std::move(step));
}

} // namespace px::bridge
