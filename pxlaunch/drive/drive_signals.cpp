// drive_signals.cpp - what signals and timeouts make the driver do.
#include "pxlaunch/drive/drive.h"

#include <fmt/format.h>

#include <csignal>
#include <unistd.h>

namespace px::drive {

void Drive::say(const std::string &text) {
    const std::string lines = rendered_message(text);
    output_->message(std::string_view(lines).substr(0, lines.size() - 1));
}

void Drive::on_signal(int number) {
    if (number == SIGWINCH) {
        const auto size = window_size(STDIN_FILENO);
        if (size && !nspace_.empty())
            runtime_.set_window(nspace_, size->rows, size->columns);
        return;
    }
    if (nspace_.empty() && ends(number)) {
        // Nothing runs yet: the server drops the request when we are gone.
        return fail(not_started(number));
    }
    if (finishing_) {
        // Only our own writing is left; whoever asks twice does not want it.
        if (ends(number)) loop_.stop();
        return;
    }
    perform(interruption_.on_signal(number, running(), Clock::now()));
}

void Drive::perform(const Actions &actions) {
    for (auto action = actions.begin(); action != actions.end(); ++action) {
        if (action->kind == Action::stacks) {
            // What follows ends the ranks: it waits until their stacks are read.
            runtime_.print_stacks(
                nspace_, [this, rest = Actions(action + 1, actions.end())](Result<void>) {
                    perform(rest);
                });
            return;
        }
        perform_one(*action);
    }
    if (stop_wanted_ && signals_on_their_way_ == 0) stop_us();
}

// A stopped process sends nothing: before we stop, the ranks' signal must have arrived.
void Drive::send(int signal) {
    ++signals_on_their_way_;
    runtime_.signal(nspace_, signal, [this](Result<void>) {
        if (--signals_on_their_way_ == 0 && stop_wanted_) stop_us();
    });
}

void Drive::perform_one(const Action &action) {
    switch (action.kind) {
    case Action::send:
        send(action.signal);
        break;
    case Action::kill:
        runtime_.kill(nspace_);
        break;
    case Action::say:
        say(action.text);
        break;
    case Action::stacks:
        break; // perform() does it
    case Action::stop_us:
        stop_wanted_ = true;
        break;
    case Action::timer:
        loop_.cancel(action_timer_);
        action_timer_ = loop_.after(
            action.delay, [this] { perform(interruption_.on_timer(running())); });
        break;
    case Action::give_up:
        result_.timed_out = interruption_.timed_out();
        if (const auto signal = interruption_.ended_by(); signal && !result_.timed_out) {
            result_.status = killed_by(*signal);
        }
        finish();
        break;
    }
}

// As the shell's Ctrl-Z has it: we stop too, and go on with the job when we are
// continued.
void Drive::stop_us() {
    stop_wanted_ = false;
    if (terminal_) terminal_->leave();
    ::raise(SIGSTOP);
    if (terminal_) terminal_->enter();
    if (input_) input_->resume();
}

} // namespace px::drive
