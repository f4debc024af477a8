// options_words.cpp - the words of a segment to options with arguments, through cxxopts.
#include "pxlaunch/cli/options_scan.h"

// std::regex recurses once a character: an argument of 100 kB would overflow the stack.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

#include <set>

namespace px::cli {

namespace {

// Each name is an option of its own, so that messages can name the one that was typed.
void add_names(cxxopts::Options &parser, const Option &option) {
    std::set<std::string> names;
    for (const auto &spelling : spellings_of(option)) {
        names.insert(spelling.substr(spelling.find_first_not_of('-')));
    }
    for (const auto &name : names) {
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
    for (const auto &option : option_table()) add_names(parser, option);
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
