// contradictions.cpp - which options exclude one another.
#include "pxlaunch/cli/contradictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace px::cli {

namespace {

struct Pair {
    std::string_view one, other;
    std::string_view why;
    bool (*clashes)(const std::string &other_value) = nullptr; // nullptr: always
};

bool is_not_none(const std::string &value) { return value != "none"; }
bool is_not_rank_0(const std::string &value) { return value != "0"; }

constexpr auto pairs = std::to_array<Pair>({
    {"rec", "uri", "each of them names the server"},
    {"image", "no-container", "one asks for a container, the other for none"},
    {"env-all", "no-env", "one forwards everything, the other nothing"},
    {"pty", "stdin", "the terminal of --pty belongs to rank 0", is_not_rank_0},
    {"pty", "output", "the terminal of --pty is where the output goes"},
    {"pty", "tag", "the output of a terminal cannot be cut into lines"},
    {"pty", "timestamp", "the output of a terminal cannot be cut into lines"},
    {"jobs", "pty", "the jobs of a list have no terminal"},
    {"jobs", "stdin", "the jobs of a list have no input", is_not_none},
    {"jobs", "report", "every job of a list would write the same file"},
    {"jobs", "status-fd", "the jobs of a list end at the same time"},
    {"jobs", "probe", "--probe starts no job"},
    {"jobs", "explain", "it explains one job: write a line of the list there"},
    {"jobs", "dry-run", "it plans one job: write a line of the list there"},
});

// The last of an option's values counts, as everywhere; a flag taken back is not given.
const Given *last_given(const std::vector<Given> &given, std::string_view name) {
    const Given *last = nullptr;
    for (const auto &item : given) {
        if (item.option->name == name && (last == nullptr || item.layer >= last->layer)) {
            last = &item;
        }
    }
    if (last == nullptr || !last->option->is_flag()) return last;
    const auto flag = parse_flag(last->value);
    return flag && *flag ? last : nullptr;
}

void drop(std::vector<Given> &given, const Given &lower, const Given &higher,
          Reasons &reasons) {
    const Option *option = lower.option;
    reasons.push_back({fmt::format("--{}", option->name),
                       fmt::format("of {} not used: {}", lower.origin, higher.origin)});
    std::erase_if(given, [&](const Given &item) { return item.option == option; });
}

} // namespace

std::vector<Error> resolve_contradictions(std::vector<Given> &given, Reasons &reasons) {
    std::vector<Error> errors;
    for (const auto &pair : pairs) {
        const Given *one = last_given(given, pair.one);
        const Given *other = last_given(given, pair.other);
        if (one == nullptr || other == nullptr) continue;
        if (pair.clashes != nullptr && !pair.clashes(other->value)) continue;
        if (one->layer > other->layer)
            drop(given, Given(*other), Given(*one), reasons);
        else if (other->layer > one->layer)
            drop(given, Given(*one), Given(*other), reasons);
        else {
            errors.push_back(usage_error(fmt::format("{} and {} contradict each other",
                                                     one->origin, other->origin),
                                         fmt::format("leave one out: {}", pair.why)));
        }
    }
    return errors;
}

} // namespace px::cli
