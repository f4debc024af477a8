// options_words.cpp - the words of a segment to options with arguments, through cxxopts.
#include "pxlaunch/cli/options_scan.h"

// std::regex recurses once a character: an argument of 100 kB would overflow the stack.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

#include <set>

namespace px::cli {

namespace {

// "--name", "--name=value" and each letter of "-abc"; an argument may look like one too.
std::set<std::string> typed_names(const std::vector<std::string> &words) {
    std::set<std::string> names;
    for (const auto &word : words) {
        if (word.starts_with("--"))
            names.insert(word.substr(2, word.find('=') - 2));
        else if (word.starts_with("-"))
            for (const char letter : word) names.insert(std::string(1, letter));
    }
    return names;
}

// Each name is an option of its own, so that messages can name the one that was typed.
// No others: to tell cxxopts of all took 0.2 ms of a launch.
void add_names(cxxopts::Options &parser, const Option &option,
               const std::set<std::string> &typed) {
    std::set<std::string> names;
    for (const auto &spelling : spellings_of(option)) {
        names.insert(spelling.substr(spelling.find_first_not_of('-')));
    }
    for (const auto &name : names) {
        if (!typed.contains(name)) continue;
        auto value = cxxopts::value<std::string>();
        if (option.is_flag())
            value->implicit_value("true");
        else if (!option.needs_argument())
            value->implicit_value("");
        parser.add_options()(name, "", value);
    }
}

Given to_given(const cxxopts::KeyValue &word) {
    const std::string dashes = word.key().size() == 1 ? "-" : "--";
    return {find_option(word.key()), word.value(), Layer::command_line,
            dashes + word.key()};
}

} // namespace

Checked<std::vector<Given>> parse_words(const std::vector<std::string> &words) {
    if (words.empty()) return {};
    cxxopts::Options parser("pxlaunch");
    const auto typed = typed_names(words);
    for (const auto &option : option_table()) add_names(parser, option, typed);
    std::vector<const char *> argv{"pxlaunch"};
    for (const auto &word : words) argv.push_back(word.c_str());
    try {
        const auto parsed = parser.parse(static_cast<int>(argv.size()), argv.data());
        std::vector<Given> given;
        for (const auto &word : parsed.arguments()) given.push_back(to_given(word));
        return {std::move(given), {}};
    } catch (const cxxopts::exceptions::exception &problem) {
        return {{}, {usage_error(problem.what(), "for the options see pxlaunch --help")}};
    }
}

} // namespace px::cli
