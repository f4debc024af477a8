// srun_step.cpp - what is asked of srun, and what becomes of it.
#include "rec/bridge/srun_step.h"

#include "pxlaunch/base/seconds.h"

#include <algorithm>
#include <csignal>

namespace px::bridge {

namespace {

constexpr Milliseconds until_kill{3000};     // srun tells the daemons to end the step
constexpr std::size_t most_words = 16 << 10; // bytes

} // namespace

SrunStep::~SrunStep() { loop_.cancel(kill_timer_); }

void SrunStep::spawn(const job::Spec &spec, const tool::SpawnExtras &, Spawned done) {
    if (auto started = start(spec); !started) return done(std::move(started).error());
    done(settings_.nspace);
}

Result<void> SrunStep::start(const job::Spec &spec) {
    std::vector<std::string> entries = settings_.seats;
    for (const auto &app : spec.apps)
        entries.insert(entries.end(), app.env.begin(), app.env.end());
    settings_.order.program = spec.apps.front().argv.front();
    SrunCommand command{srun_argv(settings_.order),
                        srun_environment(settings_.sruns->environment(), entries),
                        settings_.hosts};
    SrunEvents events{[this](std::string_view words) { heard(words); },
                      [this](int wait_status) { over(wait_status); }};
    srun_ = PX_TRY(settings_.sruns->start(std::move(command), std::move(events)));
    return {};
}

void SrunStep::heard(std::string_view words) {
    const auto room = most_words - std::min(most_words, end_.words.size());
    end_.words.append(words.substr(0, room));
}

// At TERM srun says "forcing job termination" and has the step killed (22.05, 24.11).
void SrunStep::kill(const std::string &) {
    if (!srun_ || end_.over || end_.killed) return;
    end_.killed = true;
    srun_->signal(SIGTERM);
    kill_timer_ = loop_.after(until_kill, [this] { srun_->signal(SIGKILL); });
}

void SrunStep::over(int wait_status) {
    end_.over = true;
    end_.wait_status = wait_status;
    end_.when = seconds_since_epoch();
    if (on_job_end) on_job_end(result_of(end_));
}

bool SrunStep::reaped(int pid, int wait_status) {
    return srun_ && srun_->reaped(pid, wait_status);
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
