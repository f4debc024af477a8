// signals_interruption.cpp - the rules of Ctrl-C, TERM and --timeout.
#include "pxlaunch/drive/signals_interruption.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/drive/signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>

namespace px::drive {

namespace {

constexpr Milliseconds twice_within{2'000};
// SIGKILL needs no longer; a server that has not reported the end by then never will.
constexpr Milliseconds kill_takes{5'000};

std::string processes_text(int count) {
    return count == 1 ? "1 process" : fmt::format("{} processes", count);
}

Action say(std::string text) { return {Action::say, 0, std::move(text)}; }
Action timer(Milliseconds delay) { return {Action::timer, 0, {}, delay}; }

} // namespace

bool Interruption::forwards(int signal) const {
    return std::find(settings_.forward.begin(), settings_.forward.end(), signal) !=
           settings_.forward.end();
}

Actions Interruption::on_signal(int signal, int processes, Time now) {
    if (signal == SIGINT) return interrupt(processes, now);
    if (signal == SIGTSTP) {
        Actions actions;
        if (forwards(signal)) actions.push_back({Action::send, signal});
        actions.push_back({Action::stop_us});
        return actions;
    }
    if (forwards(signal)) return {{Action::send, signal}};
    if (signal != SIGTERM && signal != SIGHUP) return {};
    if (!ended_by_) ended_by_ = signal;
    return end(fmt::format("got {}", signal_name(signal)), processes);
}

Actions Interruption::interrupt(int processes, Time now) {
    if (!ended_by_) ended_by_ = SIGINT;
    if (phase_ == Phase::killing) {
        return {say("interrupted again: not waiting for the runtime any longer"),
                {Action::give_up}};
    }
    const bool again = interrupted_ && now - *interrupted_ <= twice_within;
    if (again || phase_ == Phase::ending) {
        return kill_now(
            fmt::format("interrupted again: killing {}", processes_text(processes)));
    }
    interrupted_ = now;
    return {{Action::send, SIGINT},
            say(fmt::format("interrupted: sent SIGINT to {}; again within 2 s to kill {}",
                            processes_text(processes), processes == 1 ? "it" : "them"))};
}

Actions Interruption::end(const std::string &why, int processes) {
    if (phase_ != Phase::running) return {};
    if (settings_.grace == Milliseconds(0)) {
        return kill_now(fmt::format("{}: killing {}", why, processes_text(processes)));
    }
    phase_ = Phase::ending;
    return {say(fmt::format("{}: sent SIGTERM to {}, SIGKILL follows in {}", why,
                            processes_text(processes), duration_text(settings_.grace))),
            {Action::send, SIGTERM},
            timer(settings_.grace)};
}

Actions Interruption::kill_now(std::string text) {
    phase_ = Phase::killing;
    return {say(std::move(text)), {Action::kill, SIGKILL}, timer(kill_takes)};
}

Actions Interruption::on_timeout(int processes) {
    if (phase_ != Phase::running) return {};
    timed_out_ = true;
    Actions actions;
    if (settings_.stacks) actions.push_back({Action::stacks});
    Actions ending = end(
        fmt::format("timed out after {}", duration_text(settings_.timeout)), processes);
    std::move(ending.begin(), ending.end(), std::back_inserter(actions));
    return actions;
}

// Quiet, as a program is that SIGPIPE ends.
Actions Interruption::on_reader_gone() {
    if (!ended_by_) ended_by_ = SIGPIPE;
    if (phase_ != Phase::running) return {};
    phase_ = Phase::ending;
    return {{Action::send, SIGTERM}, timer(settings_.grace)};
}

Actions Interruption::on_timer(int processes) {
    if (phase_ == Phase::ending) {
        return kill_now(fmt::format("still running after {}: killing {}",
                                    duration_text(settings_.grace),
                                    processes_text(processes)));
    }
    if (phase_ == Phase::killing) {
        return {say(fmt::format(
                    "the runtime has not reported the end of the job within {} of "
                    "killing it",
                    duration_text(kill_takes))),
                {Action::give_up}};
    }
    return {};
}

} // namespace px::drive
