// prte.cpp - starting a DVM, and finding out why it does not start.
#include "rec/dvm/prte.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/process/child.h"
#include "rec/dvm/agent.h"
#include "rec/dvm/step_words.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern "C" char **environ;

namespace px::dvm {

namespace {

std::vector<std::string> our_environment() {
    std::vector<std::string> env;
    for (char **entry = environ; *entry != nullptr; ++entry) env.emplace_back(*entry);
    return env;
}

} // namespace

std::string name_of(const std::string &host) { return host.substr(0, host.find(':')); }

int slots_of(const std::vector<std::string> &hosts) {
    int sum = 0;
    for (const auto &host : hosts) {
        const auto colon = host.find(':');
        const auto slots = parse_number(
            colon == std::string::npos ? "1" : std::string_view(host).substr(colon + 1));
        sum += slots ? static_cast<int>(*slots) : 1;
    }
    return sum;
}

std::string hostfile_text(const std::vector<std::string> &hosts) {
    std::string text;
    for (const auto &host : hosts) {
        const auto colon = host.find(':');
        text += name_of(host);
        if (colon != std::string::npos)
            text += fmt::format(" slots={}", host.substr(colon + 1));
        text += '\n';
    }
    return text;
}

// SECURITY: its address, which is all that PRRTE 3.0.8 asks of a tool, stays in a
// directory of ours that nobody else can read: by TMPDIR, which ssh does not pass on.
// srun does, and slurmd makes that directory on the other nodes and leaves it there; so,
// with Slurm, by a word that is for the head alone.
std::vector<std::string> prte_command(const PrteSettings &settings) {
    std::vector<std::string> words = {settings.prefix + "/bin/prte", "--report-uri",
                                      // Where tools find it; it holds the address alone.
                                      settings.directory + "/uri"};
    const auto set = [&words](const char *name, const std::string &value) {
        words.insert(words.end(), {"--prtemca", name, value});
    };
    if (settings.daemons == Daemons::by_slurm) {
        set("ras", "slurm");
        set("plm", "slurm");
        set("prte_local_tmpdir_base", settings.directory);
        return words;
    }
    words.insert(words.end(), {"--hostfile", settings.directory + "/hosts"});
    set("plm", "ssh");
    // All daemons are started from here: only here is our agent.
    set("plm_ssh_no_tree_spawn", "1");
    set("plm_ssh_agent", fmt::format("{} agent {}", settings.agent, settings.directory));
    return words;
}

Result<Prte> Prte::start(const PrteSettings &settings, const Patience &patience) {
    PX_TRY(
        replace_file(settings.directory + "/hosts", hostfile_text(settings.hosts), 0600));
    forget_agents(settings.directory, settings.hosts);
    Pipe output = PX_TRY(make_pipe());
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Fd log(::open((settings.directory + "/log").c_str(),
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    process::ChildSpec child;
    child.argv = prte_command(settings);
    child.program = child.argv.front();
    child.env = prte_environment(settings, our_environment());
    child.directory = "/";
    child.in = null.get();
    child.out = output.write.get();
    child.err = log.get();
    Prte prte;
    prte.log_start_ = ::lseek(log.get(), 0, SEEK_END);
    prte.pid_ = PX_TRY(process::start_child(child));
    prte.handle_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, prte.pid_, 0)));
    prte.output_ = std::move(output.read);
    output.write.reset();
    auto ready = prte.wait_ready(settings, patience);
    if (ready) ready = prte.read_address(settings.directory);
    if (ready) return prte;
    prte.end(std::chrono::seconds(1));
    return std::move(ready).error();
}

// "DVM ready" is written when every daemon has reported; PRRTE itself waits for ever.
Result<void> Prte::wait_ready(const PrteSettings &settings, const Patience &patience) {
    const auto begin = std::chrono::steady_clock::now();
    std::string said;
    while (said.find("DVM ready") == std::string::npos) {
        const auto waited = wait_for(output_.get(), patience, begin);
        char bytes[1024];
        const long got = waited == Waited::ready
                             ? PX_TRY(read_some(output_.get(), bytes, sizeof bytes))
                             : 0;
        if (got <= 0) {
            const std::string late =
                waited == Waited::late ? duration_text(patience.deadline) : std::string();
            return settings.daemons == Daemons::by_slurm
                       ? why_no_step(settings.directory, log_start_, late)
                       : why_not_complete(settings.directory, settings.hosts, late);
        }
        said.append(bytes, static_cast<std::size_t>(got));
    }
    return {};
}

Result<void> Prte::read_address(const std::string &directory) {
    const auto text = PX_TRY(read_file(directory + "/uri"));
    const auto lines = split(text, '\n');
    uri_ = lines[0];
    if (lines.size() > 1 && lines[1].starts_with('v')) pmix_version_ = lines[1].substr(1);
    return {};
}

std::string Prte::reap() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (!WIFSIGNALED(status))
        return fmt::format("prte ended with status {}", WEXITSTATUS(status));
    const char *name = ::sigabbrev_np(WTERMSIG(status));
    return name != nullptr
               ? fmt::format("prte was killed by SIG{}", name)
               : fmt::format("prte was killed by signal {}", WTERMSIG(status));
}

void Prte::end(std::chrono::milliseconds grace) {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    pollfd ended{handle_.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(grace.count())) <= 0) ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

} // namespace px::dvm
