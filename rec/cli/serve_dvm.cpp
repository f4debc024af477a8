// serve_dvm.cpp - keeping a DVM.
#include "rec/cli/serve_dvm.h"

#include "pxlaunch/base/fd.h"
#include "pxlaunch/base/seconds.h"
#include "pxlaunch/discover/rendezvous.h"
#include "pxlaunch/process/leftovers.h"
#include "pxlaunch/tool/local_server.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace px::rec {

namespace {
constexpr Milliseconds prte_patience{2000}; // to end its daemons
constexpr int ranks_of_prte_ms = 5000;
constexpr int dying_ms = 1000; // between the end of its connections and its own

std::string own_path() {
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "pxrec";
}
} // namespace

Result<void> DvmKeeper::start() {
    loop_ = PX_TRY(Loop::create());
    PX_TRY(watch_signals());
    PX_TRY(start_prte());
    tickets_ = PX_TRY(dvm::Tickets::open(*loop_, dvm::slots_of(options_.hosts)));
    tickets_->on_change = [this] {
        write_use();
        count_idle();
    };
    tickets_->on_again = [this](const std::string &uri) { return begin_again(uri); };
    write_use();
    watch_keepalive();
    count_idle();
    return publish_address();
}

Result<void> DvmKeeper::start_prte() {
    const dvm::PrteSettings settings{
        options_.prrte_prefix, options_.hosts, directory_, own_path(),
        options_.by_slurm ? dvm::Daemons::by_slurm : dvm::Daemons::by_ssh};
    prte_ = PX_TRY(dvm::Prte::start(settings, {options_.start_timeout, signals_.get()}));
    loop_->watch(prte_.handle(), EPOLLIN, [this](std::uint32_t) { prte_ended(); });
    return {};
}

// What it had on this node dies with it, as it does on the others when its daemons there
// have lost it.
void DvmKeeper::prte_ended() {
    loop_->forget(prte_.handle());
    died_ = prte_.reap();
    (void)publish_address();
    process::kill_all_descendants(ranks_of_prte_ms);
    lost_jobs_ = lost_jobs_ || !tickets_->idle();
    tickets_->hang_up();
}

Result<std::string> DvmKeeper::begin_again(const std::string &uri) {
    // Who asks has seen that nobody listens: a process that dies closes its files first.
    pollfd ended{prte_.handle(), POLLIN, 0};
    const int patience = uri == prte_.uri() ? dying_ms : 0;
    if (died_.empty() && ::poll(&ended, 1, patience) > 0) prte_ended();
    if (died_.empty()) return std::string();
    if (auto started = start_prte(); !started) {
        process::kill_all_descendants(ranks_of_prte_ms); // an ssh that still waits
        return std::move(started).error();
    }
    const std::string why = std::exchange(died_, {});
    PX_TRY(publish_address());
    return why;
}

Result<void> DvmKeeper::watch_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return system_error("cannot watch for signals", errno);
    loop_->watch(signals_.get(), EPOLLIN, [this](std::uint32_t) { loop_->stop(); });
    return {};
}

Result<void> DvmKeeper::publish_address() {
    discover::Rendezvous rendezvous;
    const auto guard = discover::read_owner(directory_);
    if (!guard) return cannot_run("no owner is recorded in '" + directory_ + "'");
    rendezvous.version = PX_VERSION;
    rendezvous.pmix_version = prte_.pmix_version();
    rendezvous.uri = prte_.uri();
    rendezvous.owner = *guard;
    rendezvous.owner.pid = ::getpid();
    rendezvous.owner.start = discover::start_of(::getpid());
    rendezvous.uid = here_.uid;
    rendezvous.allocation = options_.allocation;
    rendezvous.managed = true;
    rendezvous.cores = dvm::slots_of(options_.hosts);
    rendezvous.threads = options_.threads;
    rendezvous.started = seconds_since_epoch();
    rendezvous.log = directory_ + "/log";
    rendezvous.method = "prrte";
    for (const auto &host : options_.hosts)
        rendezvous.nodes.push_back(dvm::name_of(host));
    rendezvous.secret = tickets_->secret();
    rendezvous.tickets = tickets_->addresses();
    rendezvous.died = died_;
    // The same path on every node; a pxlaunch in a container may have another one.
    rendezvous.wrapper = tool::beside_us("pxwrap").value_or("");
    return discover::write_rendezvous(directory_, rendezvous);
}

void DvmKeeper::watch_keepalive() {
    if (options_.keepalive < 0) return;
    loop_->watch(options_.keepalive, EPOLLIN, [this](std::uint32_t) { loop_->stop(); });
}

// For 'pxrec status' and 'pxrec down'.
void DvmKeeper::write_use() {
    (void)replace_file(directory_ + "/use",
                       fmt::format("{} {}\n", tickets_->taken(), tickets_->holders()),
                       0600);
}

void DvmKeeper::count_idle() {
    loop_->cancel(idle_timer_);
    if (options_.idle && tickets_->idle())
        idle_timer_ = loop_->after(*options_.idle, [this] { loop_->stop(); });
}

bool DvmKeeper::run() {
    loop_->run();
    // From here on nobody finds it any more.
    (void)::unlink(discover::rendezvous_path(directory_).c_str());
    prte_.end(prte_patience);
    return !lost_jobs_;
}

} // namespace px::rec
