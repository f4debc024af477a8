// option_table.cpp - the table put together, and what is derived from its names.
#include "pxlaunch/cli/option_table.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace px::cli {

namespace {

std::vector<Option> all_rows() {
    std::vector<Option> all;
    for (auto *rows : {where_options, environment_options, io_options, runtime_options,
                       container_options, many_options, inspect_options,
                       script_options}) {
        auto part = rows();
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

std::string_view without_dashes(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('-'), text.size()));
}

} // namespace

const std::vector<Option> &option_table() {
    static const std::vector<Option> table = all_rows();
    return table;
}

const Option *find_option(std::string_view name) {
    for (const auto &option : option_table()) {
        if (option.name == name) return &option;
        if (name.size() == 1 && option.letter == name[0]) return &option;
        for (const auto spelling : option.spellings) {
            if (without_dashes(spelling) == name) return &option;
        }
    }
    return nullptr;
}

const std::vector<GroupTitle> &group_titles() {
    static const std::vector<GroupTitle> titles{
        {Group::where, "where", "How many, and where"},
        {Group::environment, "environment", "Environment"},
        {Group::io, "io", "Input and output"},
        {Group::runtime, "runtime", "Runtime"},
        {Group::containers, "containers", "Containers"},
        {Group::many, "many", "Many jobs"},
        {Group::inspect, "inspect", "Inspect"},
        {Group::scripts, "scripts", "For scripts"},
    };
    return titles;
}

std::string variable_of(std::string_view option_name) {
    std::string variable = "PXLAUNCH_";
    for (const char c : option_name) {
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
    }
    return variable;
}

std::string variable_of(const Option &option) { return variable_of(option.name); }

std::vector<std::string> spellings_of(const Option &option) {
    std::vector<std::string> all;
    if (option.letter != 0) all.push_back(fmt::format("-{}", option.letter));
    all.push_back(fmt::format("--{}", option.name));
    for (const auto spelling : option.spellings) all.emplace_back(spelling);
    return all;
}

std::vector<std::string> all_spellings() {
    std::vector<std::string> all;
    for (const auto &option : option_table()) {
        for (auto &spelling : spellings_of(option)) all.push_back(std::move(spelling));
    }
    return all;
}

Result<bool> parse_flag(std::string_view text) {
    for (const auto yes : {"true", "yes", "on", "1"}) {
        if (text == yes) return true;
    }
    for (const auto no : {"false", "no", "off", "0"}) {
        if (text == no) return false;
    }
    return usage_error(fmt::format("expected yes or no, got '{}'", text),
                       "a flag alone means yes");
}

Error wrong_word(std::string_view text, const std::vector<Word> &words) {
    std::vector<std::string> names;
    for (const auto &word : words) names.push_back(word.word);
    const std::string near = nearest(text, names);
    return usage_error(
        fmt::format("expected one of {}, got '{}'", join(names, ", "), text),
        near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
}

} // namespace px::cli
