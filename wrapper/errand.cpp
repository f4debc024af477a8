// errand.cpp - orders come in frames, words and ends go back.
#include "wrapper/errand.h"

#include "pxlaunch/base/capture.h"
#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/dial.h"
#include "pxlaunch/channel/errand.h"
#include "pxlaunch/job/environment.h"
#include "pxlaunch/process/srun_child.h"

#include <csignal>
#include <filesystem>
#include <map>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace px::wrapper {

namespace {

constexpr Milliseconds srun_patience{5000}; // for what it says of itself
constexpr Milliseconds until_killed{3000};  // after TERM, as pxrec has it
constexpr int not_started = 127 << 8;       // a wait status

// Not one of ours by that name.
std::string find_srun(const std::string &path) {
    for (const auto &directory : split(path + ":/usr/bin", ':')) {
        std::string program = program_in(directory, "srun");
        std::error_code failed;
        const auto real = std::filesystem::canonical(program, failed);
        if (!program.empty() && !failed && real.filename() != "pxlaunch") return program;
    }
    return {};
}

class Errand {
  public:
    Errand(Loop &loop, const std::vector<std::string> &environment) : loop_(loop) {
        facts_.environment = environment;
        facts_.srun =
            find_srun(std::string(job::find_variable(environment, "PATH").value_or("")));
    }
    void begin(const channel::Caller &caller);
    void on_signal(int number);
    [[nodiscard]] Result<void> reached() const;

  private:
    void connected(std::unique_ptr<channel::Stream> stream);
    void tell_facts();
    void on_frame(const channel::Frame &frame);
    void start(channel::SrunOrder order);
    void drain(int number);
    void reap();
    void tell(channel::Kind kind, const channel::SrunNews &news);
    void end(); // of all of them, and then of us

    Loop &loop_;
    channel::HostFacts facts_;
    std::unique_ptr<channel::Dialer> dialer_;
    std::unique_ptr<channel::Stream> stream_;
    std::map<int, process::SrunChild> sruns_; // by the caller's numbers
    bool reached_ = false, ending_ = false;
};

void Errand::begin(const channel::Caller &caller) {
    channel::Hello hello;
    hello.protocol = channel::protocol;
    hello.secret = caller.secret;
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    hello.host = host;
    hello.pid = ::getpid();
    dialer_ = std::make_unique<channel::Dialer>(
        loop_, caller.addresses, caller.host, hello,
        [this](std::unique_ptr<channel::Stream> stream) {
            connected(std::move(stream));
        });
    // SECURITY: whoever welcomes us gets our environment and has us run what it likes. So
    // it must show a token first that was only in that environment variable. pxrec has
    // its port on every address of its node as long as it lives; another user can have it
    // afterwards, and gets the hello's secret. That is worth nothing then: it opened that
    // pxrec alone, the next one has another, and the token does not follow from it.
    dialer_->trust_only(caller.token);
}

Result<void> Errand::reached() const {
    if (reached_) return {};
    if (dialer_->met_impostor()) {
        return cannot_run(
            "at pxrec's port somebody else answers, who does not know the "
            "token that pxrec gave to this errand: nothing is run for them",
            "pxrec has ended meanwhile, or its container does not share the "
            "node's network: start the script again, and if this comes "
            "again tell who administers this node");
    }
    return cannot_run("the host side cannot reach pxrec in its container",
                      "the container must share the node's network");
}

void Errand::connected(std::unique_ptr<channel::Stream> stream) {
    if (!stream) return loop_.stop();
    reached_ = true;
    stream_ = std::move(stream);
    stream_->handle({[this](const channel::Frame &frame) { on_frame(frame); },
                     [this](int) {
                         stream_.reset();
                         end();
                     },
                     {}});
    tell_facts();
}

void Errand::tell_facts() {
    if (!facts_.srun.empty()) {
        if (auto text = output_of({facts_.srun, "--mpi=list"}, srun_patience))
            facts_.plugins = std::move(*text);
    }
    stream_->send(channel::Kind::facts, text_of(facts_));
}

void Errand::on_frame(const channel::Frame &frame) {
    if (frame.kind == channel::Kind::order) {
        if (auto order = channel::read_order(frame.body)) start(std::move(*order));
    }
    if (frame.kind != channel::Kind::signal) return;
    const auto news = channel::read_news(frame.body);
    const auto found = news ? sruns_.find(news->number) : sruns_.end();
    if (found == sruns_.end()) return;
    const int pid = found->second.pid;
    ::kill(news->value == SIGKILL ? -pid : pid, news->value);
}

void Errand::start(channel::SrunOrder order) {
    process::ChildSpec spec;
    spec.program = facts_.srun;
    spec.argv = std::move(order.argv);
    spec.env = std::move(order.env);
    auto child = process::start_srun(std::move(spec), order.hosts);
    const int number = order.number;
    if (!child) {
        tell(channel::Kind::words, {number, 0, child.error().what});
        return tell(channel::Kind::over, {number, not_started});
    }
    loop_.watch(child->words.get(), EPOLLIN,
                [this, number](std::uint32_t) { drain(number); });
    sruns_[number] = std::move(*child);
}

void Errand::drain(int number) {
    auto &words = sruns_.at(number).words;
    char bytes[4096];
    while (words) {
        const auto got = read_some(words.get(), bytes, sizeof bytes);
        if (got && *got < 0) return;
        if (!got || *got == 0) {
            loop_.forget(words.get());
            return words.reset();
        }
        tell(channel::Kind::words, {number, 0, {bytes, static_cast<std::size_t>(*got)}});
    }
}

void Errand::reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        for (auto each = sruns_.begin(); each != sruns_.end(); ++each) {
            if (each->second.pid != pid) continue;
            const int number = each->first;
            drain(number);
            ::kill(-pid, SIGKILL); // its helper goes with it
            if (each->second.words) loop_.forget(each->second.words.get());
            sruns_.erase(each);
            tell(channel::Kind::over, {number, status});
            break;
        }
    }
    if (ending_ && sruns_.empty()) loop_.stop();
}

void Errand::tell(channel::Kind kind, const channel::SrunNews &news) {
    if (stream_) stream_->send(kind, text_of(news));
}

void Errand::on_signal(int number) {
    if (number == SIGCHLD) return reap();
    end();
}

void Errand::end() {
    if (ending_) return;
    ending_ = true;
    if (sruns_.empty()) return loop_.stop();
    for (const auto &each : sruns_) ::kill(each.second.pid, SIGTERM);
    loop_.after(until_killed, [this] {
        for (const auto &each : sruns_) ::kill(-each.second.pid, SIGKILL);
    });
}

Result<Fd> watch_errand_signals(Loop &loop, Errand &errand) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) return system_error("cannot wait for signals", errno);
    const int fd = signals.get();
    loop.watch(fd, EPOLLIN, [fd, &errand](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(fd, &info, sizeof info) == sizeof info)
            errand.on_signal(static_cast<int>(info.ssi_signo));
    });
    return signals;
}

} // namespace

Result<void> run_errand(const std::vector<std::string> &environment) {
    const auto caller = channel::read_caller(
        job::find_variable(environment, channel::caller_variable).value_or(""));
    if (!caller) {
        return usage_error("--errand: nobody has sent this process",
                           "pxrec sends it, for pxlaunch --rec pmi2");
    }
    const auto loop = PX_TRY(Loop::create());
    Errand errand(*loop, environment);
    const Fd signals = PX_TRY(watch_errand_signals(*loop, errand));
    errand.begin(*caller);
    loop->run();
    return errand.reached();
}

} // namespace px::wrapper
