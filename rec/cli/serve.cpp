// serve.cpp - the life of a server process.
#include "rec/cli/serve.h"

#include "pxlaunch/base/ready.h"
#include "pxlaunch/discover/rendezvous.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/process/leftovers.h"
#include "pxlaunch/tool/local_server.h"
#include "rec/cli/cores.h"
#include "rec/cli/guard.h"
#include "rec/cli/script.h"
#include "rec/cli/serve_dvm.h"
#include "rec/cli/steps.h"
#include "rec/server/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace px::rec {

namespace {

constexpr Milliseconds last_words{2000}; // for jobs to end when the server has to
constexpr Milliseconds slurms_last_words{30'000}; // its KillWait, by default
constexpr Milliseconds least_rest{2000}; // for a tool that has attached to say why

// The kernel doubles the table of descriptors when it is full, and in a process with
// threads it waits an RCU grace period each time (5 to 15 ms measured): grown while there
// is one thread, it is large enough for a thousand ranks.
void grow_descriptor_table(rlim_t limit) {
    const int last = static_cast<int>(std::min<rlim_t>(limit, 4096)) - 1;
    if (::fcntl(last, F_GETFD) < 0 && ::dup2(0, last) == last) ::close(last);
}

// A descriptor below 3 would be mistaken for a rank's stream; libpmix writes to 1 and 2.
Result<void> settle_descriptors(const std::string &log) {
    const int null = ::open("/dev/null", O_RDWR);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (null < 0 || file < 0) {
        return system_error(fmt::format("cannot open '{}'", log), errno);
    }
    ::dup2(null, 0);
    ::dup2(file, 1);
    ::dup2(file, 2);
    if (null > 2) ::close(null);
    if (file > 2) ::close(file);
    grow_descriptor_table(allow_all_descriptors()); // three a rank, and more
    return {};
}

// SECURITY: libpmix writes our address into files that it lets others read (4.2.2: mode
// 0640, in a directory of 0755). Ours around them is private; this is the second lock.
void make_private(const std::string &directory) {
    namespace fs = std::filesystem;
    std::error_code failed;
    for (const auto &entry : fs::recursive_directory_iterator(directory, failed)) {
        if (entry.is_symlink(failed)) continue;
        fs::permissions(entry, fs::perms::group_all | fs::perms::others_all,
                        fs::perm_options::remove, failed);
    }
}

class Server {
  public:
    Server(const ServeOptions &options, const discover::Here &here, std::string directory)
        : options_(options), here_(here), directory_(std::move(directory)) {}

    Result<void> start();
    void run() { loop_->run(); }
    [[nodiscard]] const std::string &uri() const { return host_->uri(); }

  private:
    Result<void> watch_signals();
    Result<void> publish_address();
    void watch_keepalive();
    void end();
    void end_with_slurm();
    void count_idle();
    void rest(Milliseconds time);

    ServeOptions options_;
    discover::Here here_;
    std::string directory_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<map::Topology> topology_;
    std::unique_ptr<AllocationSteps> steps_; // with method srun or pmi2
    std::unique_ptr<server::Host> host_;
    Fd signals_;
    bool ending_ = false, killing_ = false;
    Loop::Timer idle_timer_ = 0;
    Clock::time_point idle_end_{}; // before it the server does not end for want of jobs
};

Result<void> Server::start() {
    loop_ = PX_TRY(Loop::create());
    if (options_.cores) PX_TRY(keep_cores(*options_.cores));
    topology_ = std::make_unique<map::Topology>(PX_TRY(map::Topology::load_this_machine(
        options_.find_gpus ? map::Devices::find : map::Devices::skip)));
    server::HostOptions host{directory_, options_.managed};
    if (options_.method != ServeOptions::Method::local) {
        // May run the loop: a signal then ends us, and the guard cleans up.
        steps_ = PX_TRY(AllocationSteps::make(*loop_, *topology_, options_, here_));
        host.nodes = steps_->nodes();
        host.steps = &steps_->bridge();
    }
    PX_TRY(watch_signals());
    host_ = PX_TRY(server::Host::start(*loop_, *topology_, host));
    make_private(directory_);
    host_->jobs.on_end = [this] {
        if (ending_ && host_->jobs.jobs().empty()) loop_->stop();
        count_idle();
    };
    host_->on_attach = [this] { rest(least_rest); }; // it will want something
    watch_keepalive();
    count_idle();
    if (options_.managed) PX_TRY(publish_address());
    return {};
}

Result<void> Server::watch_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return system_error("cannot watch for signals", errno);
    loop_->watch(signals_.get(), EPOLLIN, [this](std::uint32_t) {
        signalfd_siginfo info{};
        bool ended = false, by_slurm = false;
        for (;;) {
            const auto got = read_some(signals_.get(), &info, sizeof info);
            if (!got || *got <= 0) break;
            if (info.ssi_signo == SIGCHLD) continue;
            // slurmstepd's; 'pxrec down' and the guard are the user's own.
            const bool is_slurms = steps_ && info.ssi_uid != ::getuid();
            (is_slurms ? by_slurm : ended) = true;
        }
        host_->jobs.reap();
        if (ended) end();
        if (by_slurm) end_with_slurm();
    });
    return {};
}

Result<void> Server::publish_address() {
    discover::Rendezvous rendezvous;
    rendezvous.version = PX_VERSION;
    rendezvous.pmix_version = pmix::library_version();
    rendezvous.uri = host_->uri();
    const auto guard = discover::read_owner(directory_);
    if (!guard)
        return cannot_run(fmt::format("no owner is recorded in '{}'", directory_));
    // The directory is the guard's, which outlives us; the address is ours alone.
    rendezvous.owner = *guard;
    rendezvous.owner.pid = ::getpid();
    rendezvous.owner.start = discover::start_of(::getpid());
    rendezvous.uid = here_.uid;
    rendezvous.allocation = options_.allocation;
    rendezvous.managed = options_.managed;
    rendezvous.cores = host_->pool.cores();
    rendezvous.threads = options_.threads;
    rendezvous.started = host_->started;
    rendezvous.log = directory_ + "/log";
    rendezvous.wrapper = options_.wrapper.empty() ? tool::beside_us("pxwrap").value_or("")
                                                  : options_.wrapper;
    if (steps_) {
        rendezvous.method =
            options_.method == ServeOptions::Method::pmi2 ? "pmi2" : "srun";
        for (const auto &node : steps_->nodes()) rendezvous.nodes.push_back(node.host);
    }
    return discover::write_rendezvous(directory_, rendezvous);
}

void Server::watch_keepalive() {
    if (options_.keepalive < 0) return;
    loop_->watch(options_.keepalive, EPOLLIN, [this](std::uint32_t) {
        loop_->forget(options_.keepalive);
        end();
    });
}

void Server::end() {
    if (std::exchange(killing_, true)) return;
    ending_ = true;
    if (host_->jobs.jobs().empty()) return loop_->stop();
    host_->jobs.kill_all();
    loop_->after(last_words, [this] { loop_->stop(); }); // the guard does the rest
}

// Slurm has told the steps, too, and will kill them and us: until then ranks may save
// what they have, and we bring their output and say how they end.
void Server::end_with_slurm() {
    if (std::exchange(ending_, true)) return;
    if (host_->jobs.jobs().empty()) return loop_->stop();
    loop_->after(slurms_last_words, [this] { loop_->stop(); });
}

void Server::count_idle() {
    idle_end_ = {};
    loop_->cancel(idle_timer_);
    if (options_.idle && host_->jobs.jobs().empty()) rest(*options_.idle);
}

// At least that long from now, and longer if that was said before.
void Server::rest(Milliseconds time) {
    if (!options_.idle || idle_end_ > Clock::now() + time) return;
    idle_end_ = Clock::now() + time;
    loop_->cancel(idle_timer_);
    idle_timer_ = loop_->after(time, [this] {
        if (host_->jobs.jobs().empty()) end();
    });
}

// What a batch system has killed together with its guard is nobody's any more; but for a
// DVM that was started with 'pxrec up': jobs for its nodes must not silently run here.
bool is_missed(const discover::RunDirectory &directory, const discover::Here &here) {
    const auto seen =
        discover::read_rendezvous(discover::rendezvous_path(directory.path), here);
    const std::string &allocation = seen.server.allocation;
    return seen.server.method == "prrte" && directory.owner &&
           directory.owner->boot == here.boot && !allocation.starts_with("hosts-") &&
           !allocation.starts_with("slurm:");
}

} // namespace

std::optional<ServeOptions::Method> method_named(std::string_view word) {
    using Method = ServeOptions::Method;
    if (word == "local") return Method::local;
    if (word == "prrte") return Method::prrte;
    if (word == "srun") return Method::srun;
    if (word == "pmi2") return Method::pmi2;
    return {};
}

void serve(const ServeOptions &options, const discover::Here &here) {
    ::signal(SIGCHLD,
             SIG_DFL); // a caller that ignores it would have our ranks reaped unseen
    pmix::settle_environment();
    const std::string name = options.discoverable
                                 ? discover::pool_name(here, options.allocation)
                                 : discover::job_name(::getpid());
    const auto fail = [&options](const Error &error) {
        tell_ready(options.ready, error);
        ::_exit(static_cast<int>(error.exit));
    };
    auto directory = discover::create_run_directory(here, name, ::getpid());
    if (!directory) fail(directory.error());
    if (!*directory) {
        fail(cannot_run("a server for this allocation is being started by somebody else",
                        "'pxrec status' shows it, 'pxrec down' ends it"));
    }
    const std::string path = **directory;
    const auto sweep = [&here] {
        (void)discover::remove_dead_run_directories(here, is_missed);
    };
    fork_under_guard(
        {options.keepalive, options.ready, sweep, [path, &options](bool clean) {
             if (options.of_script && was_killed(options.keepalive)) {
                 kill_script(discover::rendezvous_path(path));
             }
             if (clean) {
                 (void)discover::remove_run_directory(path);
             } else {
                 discover::keep_run_directory(path);
             }
         }});
    ::umask(077); // libpmix's files too; ranks get their own
    if (auto settled = settle_descriptors(path + "/log"); !settled) fail(settled.error());
    process::become_subreaper();
    if (options.method == ServeOptions::Method::prrte) {
        DvmKeeper keeper(options, here, path);
        if (auto started = keeper.start(); !started) fail(started.error());
        tell_ready(options.ready, ReadyServer{keeper.uri(), path});
        ::_exit(keeper.run() ? 0 : 1);
    }
    Server server(options, here, path);
    if (auto started = server.start(); !started) fail(started.error());
    tell_ready(options.ready, ReadyServer{server.uri(), path});
    server.run();
    ::_exit(
        0); // libpmix's files go with the directory; finalizing it would only cost time
}

} // namespace px::rec
