#pragma once
// The one table of options. Parsing, --help, the man page, PXLAUNCH_<OPTION> variables,
// configuration keys and the tests are all made from it.

#include "pxlaunch/cli/options.h"

#include <string>
#include <string_view>
#include <vector>

namespace px::cli {

enum class Group { where, environment, io, runtime, containers, many, inspect, scripts };
enum class Scope { app, job }; // an option of one application, or of the job

struct Word {
    std::string word, meaning;
};

struct Option {
    std::string_view name;                   // long name, without dashes
    char letter = 0;                         // short name, or 0
    std::vector<std::string_view> spellings; // further ones, as typed: "-np", "--ppn"
    std::string_view argument;               // "N"; empty: a flag
    Group group;
    Scope scope = Scope::job;
    bool adds_up = false;                   // values of all layers count, lowest first
    bool layered = true;                    // may come from the environment and files
    std::vector<Word> (*words)() = nullptr; // what a closed vocabulary knows
    // Parses and stores; the Error does not name the option.
    Result<void> (*set)(Options &, AppOptions &, const std::string &) = nullptr;
    std::string_view help; // one line of --help
    std::string_view more; // the paragraph of --help=--NAME and the man page

    [[nodiscard]] bool is_flag() const { return argument.empty(); }
    // `--help` alone is complete, as flags are; every other option needs its argument.
    [[nodiscard]] bool needs_argument() const { return !is_flag() && argument[0] != '['; }
};

const std::vector<Option> &option_table();

// By long name, "n" for a letter, or a further spelling without its dashes.
const Option *find_option(std::string_view name);

struct GroupTitle {
    Group group;
    std::string_view word;  // of --help=WORD
    std::string_view title; // "How many, and where"
};
const std::vector<GroupTitle> &group_titles();

// "PXLAUNCH_CPUS_PER_RANK" of "cpus-per-rank".
std::string variable_of(const Option &option);
std::string variable_of(std::string_view option_name);

// All ways to type it: "-n", "--np", "-np".
std::vector<std::string> spellings_of(const Option &option);
std::vector<std::string> all_spellings();

// "yes" of a flag, in every layer: true/yes/on/1, false/no/off/0.
Result<bool> parse_flag(std::string_view text);

// "expected one of a, b, c, got 'x'", with the nearest word as the hint.
Error wrong_word(std::string_view text, const std::vector<Word> &words);

// The rows, one file for each group.
std::vector<Option> where_options();
std::vector<Option> environment_options();
std::vector<Option> io_options();
std::vector<Option> runtime_options();
std::vector<Option> container_options();
std::vector<Option> many_options();
std::vector<Option> inspect_options();
std::vector<Option> script_options();

} // namespace px::cli
