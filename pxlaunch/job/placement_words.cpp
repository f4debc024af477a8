// placement_words.cpp - the tables of placement words, and the errors for words not in
// them.
#include "pxlaunch/job/placement_words.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace px::job {

namespace {

struct Name {
    std::string_view word;
    Object object;
};

// The first name of an object is the one that is printed.
constexpr Name object_names[] = {
    {"slot", Object::slot},       {"hwthread", Object::hwthread},
    {"core", Object::core},       {"l1cache", Object::l1cache},
    {"l2cache", Object::l2cache}, {"l3cache", Object::l3cache},
    {"numa", Object::numa},       {"package", Object::package},
    {"node", Object::node},       {"socket", Object::package},
    {"l1", Object::l1cache},      {"l2", Object::l2cache},
    {"l3", Object::l3cache},
};

struct Foreign {
    std::string_view word; // without ':' and '='
    std::string_view instead;
};

// PRRTE has these (5.0 docs, placement); we refuse them by name.
constexpr Foreign foreign_words[] = {
    {"seq",
     "write --host with one name for each rank, or separate applications with ':'"},
    {"rankfile",
     "write --map-by pe-list=CPUS:ordered, or separate applications with ':'"},
    {"dist", "write --map-by numa"},
    {"device", "write -g N: each rank then sees its N nearest GPUs"},
    {"inherit", "write the placement on the command line of each job"},
    {"noinherit", "nothing is inherited here: leave it out"},
    {"file", "write --hostfile, or --map-by pe-list=CPUS:ordered"},
    {"ndev", "write -g N: each rank then sees its N nearest GPUs"},
    {"shared", "write --oversubscribe: ranks then share GPUs"},
    {"interleave", "write --map-by package"},
    {"limit", "write --map-by ppr:N:OBJECT for N ranks on each object"},
    {"report", "write --display bind"},
    {"display", "write --display map"},
    {"displaydevel", "write --display map"},
    {"donotlaunch", "write --dry-run"},
};

// "ppr" of "ppr:n:object", ":pe" of ":pe=n": what a wrong word is compared with.
std::string stem(const std::string &word) {
    const std::size_t from = word.starts_with(':') ? 1 : 0;
    return word.substr(0, word.find_first_of(":=", from));
}

std::string without_colon(const std::string &word) {
    return word.starts_with(':') ? word.substr(1) : word;
}

} // namespace

std::string lower(std::string_view text) {
    std::string word(text);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
}

std::optional<Object> object_named(std::string_view word) {
    for (const auto &name : object_names) {
        if (name.word == word) return name.object;
    }
    return std::nullopt;
}

std::string to_string(Object object) {
    for (const auto &name : object_names) {
        if (name.object == object) return std::string(name.word);
    }
    return {};
}

Error unknown_word(std::string_view option, const std::string &word,
                   const std::vector<WordHelp> &words) {
    const auto typed = stem(lower(word));
    const auto bare = without_colon(typed);
    for (const auto &foreign : foreign_words) {
        if (foreign.word != bare) continue;
        return usage_error(
            fmt::format("{}: '{}' is a word of PRRTE that pxlaunch does not have", option,
                        bare),
            std::string(foreign.instead));
    }
    std::vector<std::string> known;
    for (const auto &entry : words) known.push_back(lower(stem(entry.word)));
    const auto near = std::find(known.begin(), known.end(), nearest(typed, known));
    const auto what = fmt::format("{}: unknown word '{}'", option, without_colon(word));
    if (near == known.end() || bare.empty()) {
        return usage_error(what, fmt::format("{}=help lists the words", option));
    }
    const auto &meant = words[static_cast<std::size_t>(near - known.begin())].word;
    return usage_error(what, fmt::format("did you mean '{}'? {}=help lists all words",
                                         without_colon(meant), option));
}

const std::vector<WordHelp> &map_by_words() {
    static const std::vector<WordHelp> words = {
        {"slot", "fill the slots of a node, then of the next (default)"},
        {"hwthread", "one rank on each hardware thread in turn"},
        {"core", "one rank on each core in turn"},
        {"l1cache", "one rank on each level-1 cache in turn"},
        {"l2cache", "one rank on each level-2 cache in turn"},
        {"l3cache", "one rank on each level-3 cache in turn"},
        {"numa", "one rank on each NUMA domain in turn (numa:pe=4)"},
        {"package", "one rank on each package, or socket, in turn"},
        {"node", "one rank on each node in turn"},
        {"ppr:N:OBJECT", "N ranks on each OBJECT: ppr:2:numa, ppr:4:node"},
        {"pe-list=CPUS", "ranks on these cpus of a node: pe-list=0,2-3"},
        {":pe=N", "N cpus for each rank"},
        {":span", "take all nodes as one: spread ranks over all of them"},
        {":ordered", "with pe-list: one rank on each cpu, in the order given"},
        {":oversubscribe", "more ranks than slots are allowed"},
        {":nooversubscribe", "more ranks than slots are an error"},
        {":nolocal", "no ranks on the first node"},
        {":hwtcpus", "a cpu is a hardware thread"},
        {":corecpus", "a cpu is a core (default)"},
    };
    return words;
}

const std::vector<WordHelp> &rank_by_words() {
    static const std::vector<WordHelp> words = {
        {"slot", "number ranks node by node, as they were mapped (default)"},
        {"node", "number one rank on each node in turn"},
        {"fill", "number all ranks of an object before those of the next"},
        {"span", "number one rank on each object in turn, over all nodes"},
    };
    return words;
}

const std::vector<WordHelp> &bind_to_words() {
    static const std::vector<WordHelp> words = {
        {"default", "the cores of -c, or an equal share of the node's cores"},
        {"none", "ranks may run anywhere on their node"},
        {"hwthread", "each rank to one hardware thread"},
        {"core", "each rank to one core"},
        {"l1cache", "each rank to the cores of one level-1 cache"},
        {"l2cache", "each rank to the cores of one level-2 cache"},
        {"l3cache", "each rank to the cores of one level-3 cache"},
        {"numa", "each rank to one NUMA domain"},
        {"package", "each rank to one package, or socket"},
        {":overload-allowed", "more ranks than cpus may be bound to an object"},
        {":no-overload", "they may not (default)"},
        {":if-supported", "where binding is not possible, run unbound"},
    };
    return words;
}

} // namespace px::job
