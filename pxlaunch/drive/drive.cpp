// drive.cpp - the life of a job on the client's side.
#include "pxlaunch/drive/drive.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace px::drive {

namespace {

constexpr Milliseconds say_that_it_waits{5000};
constexpr Milliseconds ask_for_the_end{1000};
// Often enough that the server's window (8 MB) never empties, seldom enough to cost
// nothing.
constexpr std::size_t acknowledge_after = 1 << 20;

// None as long as only the server knows how many there are.
std::vector<Writer> writers_of(const job::Spec &spec) {
    std::vector<Writer> writers;
    if (!spec.is_counted()) return writers;
    int app_number = 0;
    for (const auto &app : spec.apps) {
        for (int i = 0; i < app.np; ++i) {
            Writer writer;
            writer.rank = writer.local_rank = static_cast<int>(writers.size());
            writer.app = app_number;
            writers.push_back(writer);
        }
        ++app_number;
    }
    return writers;
}

Interruption::Settings interruption_settings(const job::Limits &limits) {
    Interruption::Settings settings;
    settings.grace = limits.grace;
    settings.forward = limits.forward_signals;
    settings.timeout = limits.timeout.value_or(Milliseconds(0));
    settings.stacks = limits.stacks_on_timeout;
    return settings;
}

} // namespace

Drive::Drive(Loop &loop, tool::Runtime &runtime, Signals &signals, const job::Spec &spec,
             DriveOptions options)
    : loop_(loop), runtime_(runtime), signals_(signals), spec_(spec),
      options_(std::move(options)), interruption_(interruption_settings(spec.limits)) {}

Result<job::JobResult> Drive::run() {
    OutputRouter::Events events;
    events.drained = [this](std::size_t bytes) { on_drained(bytes); };
    events.broken = [this](Channel channel) {
        if (channel == Channel::out) perform(interruption_.on_reader_gone());
    };
    events.error = [this](Error error) { fail(std::move(error)); };
    output_ =
        PX_TRY(OutputRouter::create(loop_, spec_.io, writers_of(spec_), events, {}));
    runtime_.on_output = [this](tool::Source from, tool::Channel channel,
                                std::string bytes) { on_output(from, channel, bytes); };
    runtime_.on_job_end = [this](job::JobResult result) {
        on_job_end(std::move(result));
    };
    runtime_.on_lost = [this] { on_lost(); };
    signals_.deliver(loop_, [this](int number) { on_signal(number); });
    spawn();
    loop_.run();
    if (terminal_) terminal_->leave();
    if (error_) return *error_;
    return result_;
}

void Drive::spawn() {
    tool::SpawnExtras extras;
    extras.parent = options_.parent;
    extras.map_only = options_.map_only;
    extras.describe = options_.draw != nullptr;
    if (spec_.io.pty) {
        const auto size = window_size(STDIN_FILENO).value_or(WindowSize{24, 80});
        extras.rows = size.rows;
        extras.columns = size.columns;
    }
    const auto ask = std::min(say_that_it_waits, spec_.limits.start_timeout);
    wait_timer_ = loop_.after(ask, [this, ask] { say_waiting(ask); });
    runtime_.spawn(spec_, extras,
                   [this](Result<std::string> nspace) { spawned(std::move(nspace)); });
}

// A server that is busy is asked why it does not answer; one that does not even answer
// that within the start time is given up.
void Drive::say_waiting(Milliseconds waited) {
    const auto left = std::max(spec_.limits.start_timeout - waited, Milliseconds(1000));
    start_timer_ = loop_.after(left, [this] {
        fail(cannot_run(
            fmt::format("the server did not start the job within {}",
                        duration_text(spec_.limits.start_timeout)),
            "--start-timeout allows it more time; --probe shows other servers"));
    });
    runtime_.query({"px.waiting"}, "", [this](Result<tool::Runtime::Answers> answers) {
        if (!answers || !nspace_.empty() || (*answers)["px.waiting"].empty()) return;
        loop_.cancel(start_timer_); // it is alive, and the job's turn will come
        say(fmt::format("waiting: {}; --no-wait makes this an error",
                        (*answers)["px.waiting"]));
    });
}

void Drive::spawned(Result<std::string> nspace) {
    loop_.cancel(wait_timer_);
    loop_.cancel(start_timer_);
    if (!nspace) return fail(std::move(nspace).error());
    if (finishing_)
        return runtime_.kill(*nspace); // too late: the user was told "not started"
    nspace_ = *nspace;
    if (!options_.map_only) watch_time();
    spec_.is_counted() ? placed() : ask_counts();
}

// Of a ppr pattern without -n.
void Drive::ask_counts() {
    runtime_.query({"px.counts"}, nspace_,
                   [this](Result<tool::Runtime::Answers> answers) {
                       if (finishing_) return;
                       if (answers) take_counts((*answers)["px.counts"]);
                       placed();
                   });
}

void Drive::take_counts(const std::string &counts) {
    auto app = spec_.apps.begin();
    for (const auto &word : split(counts, ' ')) {
        if (app == spec_.apps.end()) return;
        const auto number = parse_number(word);
        if (number) app->np = static_cast<int>(*number);
        ++app;
    }
}

void Drive::placed() {
    if (auto placed = output_->placed(writers_of(spec_), nspace_); !placed) {
        return fail(std::move(placed).error());
    }
    if (options_.draw) return show_layout();
    begin();
}

// Before the first byte of output: the server holds that back until we take it.
void Drive::show_layout() {
    runtime_.query(
        {"px.layout"}, nspace_, [this](Result<tool::Runtime::Answers> answers) {
            if (finishing_) return;
            if (!answers && options_.map_only) return fail(std::move(answers).error());
            output_->message(answers ? options_.draw((*answers)["px.layout"])
                                     : "pxlaunch: no picture: " + answers.error().what);
            options_.map_only ? finish() : begin();
        });
}

// From the moment it runs, whatever we still want to know of it.
void Drive::watch_time() {
    if (spec_.limits.timeout) {
        timeout_timer_ = loop_.after(*spec_.limits.timeout, [this] {
            perform(interruption_.on_timeout(running()));
        });
    }
    ask_timer_ = loop_.after(ask_for_the_end, [this] { ask_end(); });
}

void Drive::begin() {
    runtime_.pull(nspace_, [this](Result<void> pulled) {
        if (!pulled) fail(std::move(pulled).error());
    });
    if (options_.started) options_.started(nspace_, spec_);
    start_input();
}

void Drive::start_input() {
    if (spec_.io.input.to == job::StdinTo::none) return;
    if (spec_.io.pty) {
        if (auto terminal = RawTerminal::of(STDIN_FILENO)) {
            terminal_.emplace(std::move(*terminal));
            terminal_->enter();
        }
    }
    input_ = std::make_unique<StdinPump>(loop_, STDIN_FILENO, [this](std::string bytes) {
        const bool end = bytes.empty();
        runtime_.push_input(nspace_, spec_.io.input, std::move(bytes), end,
                            [this] { input_->sent(); });
    });
    input_->start();
}

void Drive::on_output(tool::Source from, tool::Channel channel,
                      const std::string &bytes) {
    output_->take(static_cast<int>(from.child), from.rank,
                  channel == tool::Channel::out ? Channel::out : Channel::err, bytes);
}

void Drive::on_drained(std::size_t bytes) {
    unacknowledged_ += bytes;
    if (unacknowledged_ < acknowledge_after || nspace_.empty()) return;
    runtime_.acknowledge(nspace_, unacknowledged_);
    unacknowledged_ = 0;
}

// The end of a job is a fact to establish, not an event to wait for.
void Drive::ask_end() {
    runtime_.ask_end(nspace_);
    ask_timer_ = loop_.after(ask_for_the_end, [this] { ask_end(); });
}

void Drive::on_job_end(job::JobResult result) {
    if (finishing_) return; // heard before
    result_ = std::move(result);
    result_.timed_out = interruption_.timed_out();
    finish();
}

void Drive::on_lost() {
    if (finishing_) return;
    result_.lost_runtime = true;
    result_.explanation = options_.server_log;
    finish();
}

void Drive::fail(Error error) {
    if (!error_) error_ = std::move(error);
    if (!nspace_.empty()) runtime_.kill(nspace_);
    finish();
}

// The last thing that happens: what is still to be written is, then the loop ends.
void Drive::finish() {
    if (finishing_) return;
    finishing_ = true;
    if (input_) input_->stop();
    for (const auto timer :
         {timeout_timer_, action_timer_, wait_timer_, start_timer_, ask_timer_}) {
        loop_.cancel(timer);
    }
    output_->finish([this] { loop_.stop(); });
}

int Drive::running() const { return spec_.np() - static_cast<int>(result_.ranks.size()); }

} // namespace px::drive
