// background.cpp - forking off a server and waiting for its word.
#include "rec/cli/background.h"

#include "pxlaunch/base/ready.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/discover/allocation.h"
#include "pxlaunch/discover/discover.h"
#include "pxlaunch/job/hostfile.h"
#include "rec/cli/cores.h"
#include "rec/cli/dvm_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::rec {

namespace {

// A lock or a pipe that a script holds open must not live as long as the server.
void close_all_but(const std::vector<int> &kept) {
    std::vector<int> open;
    {
        const std::unique_ptr<DIR, int (*)(DIR *)> list(::opendir("/proc/self/fd"),
                                                        ::closedir);
        while (const dirent *entry = list ? ::readdir(list.get()) : nullptr) {
            if (entry->d_name[0] != '.') open.push_back(std::atoi(entry->d_name));
        }
    }
    for (const int fd : open) {
        if (fd > 2 && std::find(kept.begin(), kept.end(), fd) == kept.end()) ::close(fd);
    }
}

[[noreturn]] void become_server(const ServeOptions &options, const discover::Here &here) {
    ::setsid();
    ::signal(SIGCHLD, SIG_DFL);
    close_all_but({options.keepalive, options.ready, options.pmi});
    const int null = ::open("/dev/null", O_RDWR);
    for (int standard = 0; standard < 3; ++standard) ::dup2(null, standard);
    if (null > 2) ::close(null);
    (void)::chdir("/"); // so that nothing keeps a file system busy
    serve(options, here);
}

// A guard that lives ends soon, after it has cleaned up. Else both are one process group,
// which has no jobs yet.
void end_failed(pid_t guard) {
    constexpr int patience_ms = 3000;
    for (int waited = 0; waited < patience_ms; waited += 10) {
        if (::waitpid(guard, nullptr, WNOHANG) != 0) return;
        ::poll(nullptr, 0, 10);
    }
    ::kill(-guard, SIGKILL);
    ::waitpid(guard, nullptr, 0);
}

// What pxlaunch takes there without being told, serves a script, too: else it would have
// one node, where its pxlaunch alone has all.
std::optional<std::string> hostfile_of(const Arguments &arguments, const Site &site,
                                       const std::string &rec) {
    if (auto named = arguments.value("hostfile")) return named;
    const bool may_be_dvm = rec.empty() || rec.starts_with("prrte");
    if (!may_be_dvm || discover::find_allocation(site.here)) return {};
    if (site.here.has("PXLAUNCH_HOSTFILE")) return site.here.get("PXLAUNCH_HOSTFILE");
    std::optional<std::string> found;
    for (const auto &given : site.config.defaults) {
        if (given.option->name == "hostfile") found = given.value;
    }
    return found;
}

} // namespace

std::string named_rec(const Arguments &arguments) {
    const std::string rec = arguments.value("rec").value_or("");
    const auto prefix = arguments.value("prrte");
    const bool may_be_dvm = rec.empty() || rec.starts_with("prrte");
    return prefix && may_be_dvm ? "prrte:" + *prefix : rec;
}

Result<ServeOptions> pool_options(const Arguments &arguments, const Site &site,
                                  const std::string &rec) {
    ServeOptions options;
    options.managed = options.find_gpus = true;
    options.cores = PX_TRY(arguments.count("cores"));
    if (options.cores) PX_TRY(check_cores(*options.cores));
    options.allocation = discover::find_allocation(site.here).key();
    if (const auto file = hostfile_of(arguments, site, rec)) {
        options.hosts = PX_TRY(job::read_hostfile(*file));
        options.method = method_named(rec.substr(0, rec.find(':')))
                             .value_or(ServeOptions::Method::prrte);
    } else {
        const auto found = PX_TRY(discover::find_start(rec, site.here));
        options.method = method_named(found.method).value_or(ServeOptions::Method::local);
        options.hosts = found.hosts;
        options.host_root = found.host_root;
        options.threads = found.threads;
        options.wrapper = site.here.get("PXLAUNCH_PXWRAP");
        if (found.method == "pmi2")
            options.pmi = static_cast<int>(PX_TRY(parse_number(site.here.get("PMI_FD"))));
        options.by_slurm = found.allocation.scheduler == "slurm";
        const bool is_here = options.method == ServeOptions::Method::local;
        if (!options.cores && is_here && found.cores > 0) options.cores = found.cores;
    }
    if (options.method == ServeOptions::Method::prrte) {
        const std::string named = rec.starts_with("prrte:") ? rec.substr(6) : "";
        PX_TRY(choose_dvm(named, arguments.has("allow-shared-node"), site, options));
    }
    return options;
}

// Many jobs are to come, over several nodes: a warm DVM starts one in half the time of an
// srun. Where PRRTE is not, or other users would get at it, they are steps of srun.
Result<ServeOptions> options_for_many(const Arguments &arguments, const Site &site) {
    const std::string rec = named_rec(arguments);
    const auto allocation = discover::find_allocation(site.here);
    const bool may_choose =
        rec.empty() && !arguments.has("hostfile") && site.here.methods.empty();
    if (may_choose && allocation.scheduler == "slurm" && allocation.nodes > 1) {
        if (auto dvm = pool_options(arguments, site, "prrte")) return dvm;
    }
    return pool_options(arguments, site, rec);
}

Result<Background> start_in_background(ServeOptions options, const discover::Here &here,
                                       std::chrono::milliseconds deadline) {
    Background started;
    Pipe ready = PX_TRY(make_pipe());
    Pipe keepalive;
    if (options.of_script) keepalive = PX_TRY(make_pipe());
    options.ready = ready.write.get();
    options.keepalive = keepalive.read.get();
    // Its own deadline is earlier: it knows why it is not ready.
    options.start_timeout =
        deadline - std::min(deadline / 10, std::chrono::milliseconds(2000));
    started.guard = ::fork();
    if (started.guard == 0) become_server(options, here);
    if (started.guard < 0) return start_error("cannot start a process", errno);
    ready.write.reset();
    started.keepalive = std::move(keepalive.write);
    const auto word = await_ready(ready.read.get(), {deadline});
    if (word) {
        started.document = discover::rendezvous_path(word->directory);
        auto seen = discover::read_rendezvous(started.document, here);
        started.server = std::move(seen.server);
        if (seen.state == discover::Sighting::usable) return started;
    }
    end_failed(started.guard);
    if (!word) return word.error();
    return cannot_run("the server ended while it was starting",
                      fmt::format("see {}/log", word->directory));
}

} // namespace px::rec
