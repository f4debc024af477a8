// signals.cpp - names of the signals that can be forwarded.
#include "pxlaunch/cli/signals.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace px::cli {

namespace {

struct Name {
    std::string_view name;
    int number;
    std::string_view meaning; // empty: not one of those that are forwarded
};

constexpr auto names = std::to_array<Name>({
    {"USR1", SIGUSR1, "forwarded by default"},
    {"USR2", SIGUSR2, "forwarded by default"},
    {"TSTP", SIGTSTP, "stop, as from Ctrl-Z; forwarded by default"},
    {"CONT", SIGCONT, "continue; forwarded by default"},
    {"ALRM", SIGALRM, "a timer"},
    {"VTALRM", SIGVTALRM, "a timer"},
    {"PROF", SIGPROF, "a timer"},
    {"URG", SIGURG, "urgent data"},
    {"WINCH", SIGWINCH, "the terminal's size has changed"},
    {"XCPU", SIGXCPU, "too much processor time"},
    {"XFSZ", SIGXFSZ, "too large a file"},
    {"PWR", SIGPWR, "power failure"},
    {"TRAP", SIGTRAP, "a breakpoint"},
    {"SYS", SIGSYS, "a bad system call"},
    {"INT", SIGINT, ""},
    {"TERM", SIGTERM, ""},
    {"HUP", SIGHUP, ""},
    {"QUIT", SIGQUIT, ""},
    {"KILL", SIGKILL, ""},
    {"STOP", SIGSTOP, ""},
    {"CHLD", SIGCHLD, ""},
    {"PIPE", SIGPIPE, ""},
});

Result<int> parse_signal(std::string_view text) {
    const std::string_view bare = text.starts_with("SIG") ? text.substr(3) : text;
    const auto number = parse_number(text, 64);
    for (const auto &signal : names) {
        if (signal.name != bare && !(number && *number == signal.number)) continue;
        if (!signal.meaning.empty()) return signal.number;
        return usage_error(
            fmt::format("SIG{} cannot be forwarded", signal.name),
            "INT, TERM, HUP and QUIT end the job; see --forward-signals=help");
    }
    return wrong_word(text, signal_words());
}

} // namespace

std::vector<int> default_signals() { return {SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT}; }

std::vector<Word> signal_words() {
    std::vector<Word> words;
    for (const auto &signal : names) {
        if (!signal.meaning.empty()) {
            words.push_back({std::string(signal.name), std::string(signal.meaning)});
        }
    }
    words.push_back({"none", "forward no signal"});
    return words;
}

Result<std::vector<int>> parse_forward_signals(std::string_view list) {
    if (list == "none") return std::vector<int>{};
    auto signals = default_signals();
    for (const auto &word : split(list, ',')) {
        const int number = PX_TRY(parse_signal(word));
        if (std::find(signals.begin(), signals.end(), number) == signals.end()) {
            signals.push_back(number);
        }
    }
    return signals;
}

std::string signal_name(int number) {
    for (const auto &signal : names) {
        if (signal.number == number) return std::string(signal.name);
    }
    return std::to_string(number);
}

} // namespace px::cli
