#include "pxlaunch/drive/signals.h"
#include "pxlaunch/drive/signals_interruption.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <unistd.h>

using namespace px;
using namespace px::drive;
using namespace std::chrono_literals;

namespace {

// "say interrupted; send 2; timer 10000"
std::string text_of(const Actions &actions) {
    std::string text;
    for (const Action &action : actions) {
        if (!text.empty()) text += "; ";
        switch (action.kind) {
        case Action::send:
            text += fmt::format("send {}", signal_name(action.signal));
            break;
        case Action::kill:
            text += "kill";
            break;
        case Action::say:
            text += "say " + action.text;
            break;
        case Action::timer:
            text += fmt::format("timer {}", action.delay.count());
            break;
        case Action::stacks:
            text += "stacks";
            break;
        case Action::stop_us:
            text += "stop us";
            break;
        case Action::give_up:
            text += "give up";
            break;
        }
    }
    return text;
}

const Interruption::Time start{};

Interruption with_grace(Milliseconds grace = 10s) {
    return Interruption({.grace = grace,
                         .forward = {SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT},
                         .timeout = 90s});
}

} // namespace

TEST_CASE("signals have names") {
    CHECK(signal_name(SIGSEGV) == "SIGSEGV");
    CHECK(signal_name(50) == "signal 50");
}

TEST_CASE("blocked signals arrive on the loop; ignored ones stay ignored") {
    ::signal(SIGUSR2, SIG_IGN);
    {
        auto signals = std::move(Signals::block({SIGUSR1, SIGUSR2})).value();
        auto loop = std::move(Loop::create()).value();
        CHECK(signals->was_ignored(SIGUSR2));
        CHECK_FALSE(signals->was_ignored(SIGUSR1));
        CHECK(::sigismember(&signals->original_mask(), SIGUSR1) == 0);
        std::vector<int> seen;
        signals->deliver(*loop, [&](int signal) {
            seen.push_back(signal);
            if (signal == SIGTERM) loop->stop();
        });
        loop->after(5s, [&] { loop->stop(); });
        ::kill(::getpid(), SIGUSR2);
        ::kill(::getpid(), SIGUSR1);
        ::kill(::getpid(), SIGTERM);
        loop->run();
        CHECK(seen == std::vector<int>{SIGUSR1, SIGTERM});
        ::pthread_sigmask(SIG_SETMASK, &signals->original_mask(), nullptr);
    }
    ::signal(SIGUSR2, SIG_DFL);
}

TEST_CASE("Ctrl-C once forwards and says so, twice within 2 s kills") {
    Interruption policy = with_grace();
    CHECK(text_of(policy.on_signal(SIGINT, 8, start)) ==
          "send SIGINT; say interrupted: sent SIGINT to 8 processes; again within 2 s to "
          "kill "
          "them");
    CHECK(text_of(policy.on_signal(SIGINT, 1, start + 2001ms)) ==
          "send SIGINT; say interrupted: sent SIGINT to 1 process; again within 2 s to "
          "kill it");
    CHECK(text_of(policy.on_signal(SIGINT, 8, start + 4001ms)) ==
          "say interrupted again: killing 8 processes; kill; timer 5000");
    CHECK(text_of(policy.on_signal(SIGINT, 8, start + 5s)) ==
          "say interrupted again: not waiting for the runtime any longer; give up");
    CHECK(policy.ended_by() == SIGINT);
}

TEST_CASE("TERM and HUP: TERM, the grace, KILL") {
    for (const int signal : {SIGTERM, SIGHUP}) {
        Interruption policy = with_grace();
        CHECK(text_of(policy.on_signal(signal, 4, start)) ==
              fmt::format(
                  "say got {}: sent SIGTERM to 4 processes, SIGKILL follows in 10 s; "
                  "send SIGTERM; timer 10000",
                  signal_name(signal)));
        CHECK(policy.on_signal(signal, 4, start).empty());
        CHECK(text_of(policy.on_timer(1)) ==
              "say still running after 10 s: killing 1 process; kill; timer 5000");
        CHECK(text_of(policy.on_timer(1)) == "say the runtime has not reported the end "
                                             "of the job within 5 s of killing it; "
                                             "give up");
        CHECK(policy.ended_by() == signal);
        CHECK_FALSE(policy.timed_out());
    }
}

TEST_CASE("Ctrl-C during the grace kills at once") {
    Interruption policy = with_grace();
    (void)policy.on_signal(SIGTERM, 4, start);
    CHECK(text_of(policy.on_signal(SIGINT, 4, start)) ==
          "say interrupted again: killing 4 processes; kill; timer 5000");
    CHECK(policy.ended_by() == SIGTERM);
}

TEST_CASE("without grace the kill comes at once") {
    Interruption policy = with_grace(0ms);
    CHECK(text_of(policy.on_signal(SIGTERM, 2, start)) ==
          "say got SIGTERM: killing 2 processes; kill; timer 5000");
}

TEST_CASE("--timeout") {
    Interruption policy = with_grace();
    CHECK(text_of(policy.on_timeout(2)) == "say timed out after 90 s: sent SIGTERM to 2 "
                                           "processes, SIGKILL follows in 10 s; send "
                                           "SIGTERM; timer 10000");
    CHECK(policy.timed_out());
    CHECK_FALSE(policy.ended_by());

    Interruption stacks({.timeout = 1s, .stacks = true});
    CHECK(text_of(stacks.on_timeout(2)).starts_with("stacks; say timed out after 1 s: "));

    Interruption late = with_grace();
    (void)late.on_signal(SIGTERM, 2, start);
    CHECK(late.on_timeout(2).empty());
    CHECK_FALSE(late.timed_out());
}

TEST_CASE("forwarded signals go to the ranks, others nowhere") {
    Interruption policy = with_grace();
    CHECK(text_of(policy.on_signal(SIGUSR1, 2, start)) == "send SIGUSR1");
    CHECK(text_of(policy.on_signal(SIGCONT, 2, start)) == "send SIGCONT");
    CHECK(text_of(policy.on_signal(SIGTSTP, 2, start)) == "send SIGTSTP; stop us");
    CHECK(policy.on_signal(SIGWINCH, 2, start).empty());
    // Asked for, TERM is the ranks' own business.
    Interruption forwards({.forward = {SIGTERM}});
    CHECK(text_of(forwards.on_signal(SIGTERM, 2, start)) == "send SIGTERM");
    CHECK(text_of(forwards.on_signal(SIGTSTP, 2, start)) == "stop us");
    CHECK_FALSE(forwards.ended_by());
}

TEST_CASE("a reader that has gone ends the job quietly") {
    Interruption policy = with_grace();
    CHECK(text_of(policy.on_reader_gone()) == "send SIGTERM; timer 10000");
    CHECK(policy.ended_by() == SIGPIPE);
    CHECK(policy.on_reader_gone().empty());
}
