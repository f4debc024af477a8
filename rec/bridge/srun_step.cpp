// srun_step.cpp - starting, hearing and ending srun.
#include "rec/bridge/srun_step.h"

#include "pxlaunch/base/seconds.h"
#include "pxlaunch/process/child.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char **environ;

namespace px::bridge {

namespace {

constexpr Milliseconds until_kill{3000};     // srun tells the daemons to end the step
constexpr std::size_t most_words = 16 << 10; // bytes

// What the loader is told here is about files that another root does not have.
std::vector<std::string> own_environment(bool in_other_root) {
    std::vector<std::string> entries;
    for (char **entry = environ; *entry != nullptr; ++entry) {
        if (!in_other_root || !std::string_view(*entry).starts_with("LD_"))
            entries.emplace_back(*entry);
    }
    return entries;
}

} // namespace

SrunStep::~SrunStep() {
    loop_.cancel(kill_timer_);
    if (words_) loop_.forget(words_.get());
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
    if (settings_.root == nullptr) ::unlink(settings_.hostfile.c_str());
}

void SrunStep::spawn(const job::Spec &spec, const tool::SpawnExtras &, Spawned done) {
    if (auto started = start(spec); !started) return done(std::move(started).error());
    listen();
    done(settings_.nspace);
}

// The path by which srun reads them. Of our directories the host's root may have none:
// there srun inherits a file that has no place.
Result<std::string> SrunStep::write_hosts() {
    if (settings_.root == nullptr) {
        PX_TRY(replace_file(settings_.hostfile, settings_.hosts, 0600));
        return settings_.hostfile;
    }
    hosts_ = Fd(::memfd_create("hosts", MFD_CLOEXEC));
    if (!hosts_) return system_error("cannot write the list of hosts", errno);
    PX_TRY(write_all(hosts_.get(), settings_.hosts));
    return fmt::format("/proc/self/fd/{}", hosts_.get());
}

Result<void> SrunStep::start(const job::Spec &spec) {
    const std::string hostfile = PX_TRY(write_hosts());
    std::vector<std::string> entries = settings_.seats;
    for (const auto &app : spec.apps)
        entries.insert(entries.end(), app.env.begin(), app.env.end());
    Pipe words = PX_TRY(make_pipe());
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    settings_.order.program = spec.apps.front().argv.front();
    process::ChildSpec child;
    child.program = settings_.srun;
    child.argv = srun_argv(settings_.order);
    child.env =
        srun_environment(own_environment(settings_.root != nullptr), entries, hostfile);
    child.directory = "/";
    child.in = null.get();
    child.out = child.err = words.write.get();
    child.root = settings_.root;
    child.keep = hosts_.get();
    pid_ = PX_TRY(process::start_child(child));
    words_ = std::move(words.read);
    return set_nonblocking(words_.get());
}

void SrunStep::listen() {
    loop_.watch(words_.get(), EPOLLIN, [this](std::uint32_t) { drain(); });
}

void SrunStep::drain() {
    char bytes[4096];
    while (words_) {
        const auto got = read_some(words_.get(), bytes, sizeof bytes);
        if (got && *got < 0) return;
        if (!got || *got == 0) {
            loop_.forget(words_.get());
            return words_.reset();
        }
        const auto room = most_words - std::min(most_words, end_.words.size());
        end_.words.append(bytes, std::min(static_cast<std::size_t>(*got), room));
    }
}

// At TERM srun says "forcing job termination" and has the step killed (22.05, 24.11).
void SrunStep::kill(const std::string &) {
    if (pid_ <= 0 || end_.killed) return;
    end_.killed = true;
    ::kill(pid_, SIGTERM);
    kill_timer_ = loop_.after(until_kill, [this] {
        if (pid_ > 0) ::kill(-pid_, SIGKILL);
    });
}

bool SrunStep::reaped(int pid, int wait_status) {
    if (pid != pid_) return false;
    drain();
    // Its helper, which waits for the signals of a lost srun, goes with it.
    ::kill(-pid_, SIGKILL);
    pid_ = -1;
    end_.over = true;
    end_.wait_status = wait_status;
    end_.when = seconds_since_epoch();
    if (on_job_end) on_job_end(result_of(end_));
    return true;
}

void SrunStep::pull(const std::string &, Done done) { done({}); }

void SrunStep::push_input(const std::string &, const job::Stdin &, std::string, bool,
                          std::function<void()> done) {
    done();
}

void SrunStep::signal(const std::string &, int, Done done) {
    if (done) loop_.post([done = std::move(done)] { done({}); });
}

void SrunStep::print_stacks(const std::string &, Done done) {
    if (done) done(cannot_run("srun prints no stacks"));
}

void SrunStep::query(const std::vector<std::string> &, const std::string &,
                     Answered done) {
    done(cannot_run("srun answers no questions"));
}

} // namespace px::bridge
